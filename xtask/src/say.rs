//! What the tools tell the person, or the log, in front of them.
//! Apart, because results go to standard output and progress to standard error, and only one place should know that.

use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

/// Prints one line of a result.
pub(crate) fn result(line: impl Display) {
    // A reader that went away (`| head`) is no reason to fail.
    let _gone = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints one line of progress.
pub(crate) fn progress(line: impl Display) {
    let _gone = writeln!(std::io::stderr().lock(), "==> {line}");
}

/// Prints a remark that belongs to the progress line before it.
pub(crate) fn remark(line: impl Display) {
    let _gone = writeln!(std::io::stderr().lock(), "    {line}");
}

/// Words a duration for a person: `340 ms`, `12.3 s`, `1 m 05 s`.
pub(crate) fn elapsed(time: Duration) -> String {
    let secs = time.as_secs();
    if secs >= 60 {
        format!("{} m {:02} s", secs / 60, secs % 60)
    } else if secs >= 1 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// Lays out a Markdown table whose columns line up in plain text too.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(head[column].chars().count())
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = table_row(head.iter().copied(), &widths);
    let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    text.push_str(&table_row(rules.iter().map(String::as_str), &widths));
    for row in rows {
        text.push_str(&table_row(row.iter().map(String::as_str), &widths));
    }
    text
}

fn table_row<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut line = String::from("|");
    for (cell, width) in cells.zip(widths) {
        line = format!("{line} {cell:<width$} |");
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_would_say_them() {
        assert_eq!(elapsed(Duration::from_millis(340)), "340 ms");
        assert_eq!(elapsed(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(elapsed(Duration::from_secs(65)), "1 m 05 s");
    }

    #[test]
    fn a_table_lines_up() {
        let rows = vec![vec!["fmt".into(), "1 s".into()], vec!["clippy".into(), "12 s".into()]];
        assert_eq!(
            table(&["step", "took"], &rows),
            "| step   | took |\n| ------ | ---- |\n| fmt    | 1 s  |\n| clippy | 12 s |\n"
        );
    }
}
