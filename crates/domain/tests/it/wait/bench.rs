//! The replay tool: on a log of our own making, and on the public log where that is at hand.

#[path = "../../../examples/ewt_bench/baselines.rs"]
mod baselines;
#[path = "../../../examples/ewt_bench/boosting.rs"]
mod boosting;
#[path = "../../../examples/ewt_bench/least_squares.rs"]
mod least_squares;
#[path = "../../../examples/ewt_bench/log.rs"]
mod log;
#[path = "../../../examples/ewt_bench/replay.rs"]
mod replay;
#[path = "../../../examples/ewt_bench/report.rs"]
mod report;
#[path = "../../../examples/ewt_bench/score.rs"]
mod score;

use std::fmt::Write;

use serde_json::Value;

use super::queue::Dice;

type Complaint = Box<dyn std::error::Error>;

const HEADER: &str = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\t\
                      vru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\t\
                      server";

fn clock(secs: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of one day")]
    let secs = secs as u32;
    format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

/// Ten days of three agents who serve in the order of arrival, rows in the order of arrival.
fn rows() -> Vec<String> {
    let mut dice = Dice::new(17);
    let mut rows = Vec::new();
    for day in 1..=10 {
        let mut at = 8.0 * 3_600.0;
        let mut free = [at; 3];
        while at < 18.0 * 3_600.0 {
            at = (at + dice.exponential(48.0)).floor();
            let priority = if dice.uniform() < 0.4 { 2 } else { 0 };
            let first = (0..3).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap();
            let begins = free[first].max(at);
            let patience = 20.0 + dice.exponential(400.0);
            let waits = begins - at >= 1.0;
            let hangs_up = waits && begins - at > patience;
            let lasts = 1.0 + dice.exponential(140.0).floor();
            let none = "0:00:00".to_owned();
            let (starts, quits) = match (waits, hangs_up) {
                (false, _) => (none.clone(), none.clone()),
                (true, true) => (clock(at), clock(at + patience)),
                (true, false) => (clock(at), clock(begins)),
            };
            let (outcome, begun, ended) = if hangs_up {
                ("HANG", none.clone(), none)
            } else {
                free[first] = begins + lasts;
                ("AGENT", clock(begins), clock(begins + lasts))
            };
            rows.push(format!(
                "L{}\t{}\t0\t{priority}\tPS\t9902{day:02}\t{}\t{}\t6\t{starts}\t{quits}\t0\t\
                 {outcome}\t{begun}\t{ended}\t0\tS{first}",
                rows.len() % 7,
                rows.len(),
                clock(at - 6.0),
                clock(at),
            ));
        }
    }
    rows
}

fn text(rows: &[String]) -> String {
    let mut text = HEADER.to_owned() + "\r\n";
    for row in rows {
        write!(text, "{row}\r\n").unwrap();
    }
    text
}

/// Plays a log and gives its document without what the clock measured.
fn played(text: &[u8], train_until: Option<&str>) -> Value {
    let mut log = log::Log::read(text).unwrap();
    let mut replay = replay::Replay::new(train_until.map(|date| log::day(date).unwrap()));
    replay.play(&mut log).unwrap();
    let table = report::text(&log, &replay);
    for name in baselines::NAMES.iter().chain(&replay::INTERVALS) {
        assert!(table.contains(name), "{name} is not in\n{table}");
    }
    let mut document = report::document(&log, &replay);
    for measured in ["estimate_nanos", "update_nanos"] {
        document[measured].take();
    }
    document
}

fn rmse(document: &Value, predictor: &str) -> f64 {
    let rows = document["predictors"].as_array().unwrap();
    let row = rows.iter().find(|row| row["predictor"] == predictor).unwrap();
    row["rmse_secs"].as_f64().unwrap()
}

#[test]
fn a_log_sorted_by_line_plays_as_one_sorted_by_time() {
    let mut rows = rows();
    let in_time = played(text(&rows).as_bytes(), Some("990205"));
    rows.sort();
    assert_eq!(played(text(&rows).as_bytes(), Some("990205")), in_time);
    assert!(in_time["waits_scored"].as_u64().unwrap() > 1_000, "{in_time}");
    let (ours, mean) = (rmse(&in_time, "ours"), rmse(&in_time, "no information: the mean"));
    assert!(ours < 0.8 * mean, "ours {ours}, the mean {mean}");
}

#[test]
fn what_is_not_a_call_is_left_out_and_counted() {
    let rows = rows();
    let clean = played(text(&rows).as_bytes(), None);
    let mut dirty = text(&rows);
    dirty += "L1\t1\t0\t0\tPS\t990203\t9:00:00\t9:00:06\t6\t9:00:06\t9:00:20\t14\tPHANTOM\t\
              0:00:00\t0:00:00\t0\tNO_SERVER\r\n";
    dirty += "L1\t1\t0\t0\tIN\t990203\t9:00:00\t9:00:06\t6\t9:00:06\t9:00:20\t14\tAGENT\t9:00:20\t\
              9:01:00\t40\tS9\r\n";
    let broken = [
        "L1",
        "L1\t1\t0\tx\tPS\t990203\t9:00:00\t9:00:06\t6\t9:00:06\t9:00:20\t14\tAGENT\t9:00:20\t9:01:00\t40\tS9",
        "L1\t1\t0\t0\tPS\t990231\t9:00:00\t9:00:06\t6\t9:00:06\t9:00:20\t14\tAGENT\t9:00:20\t9:01:00\t40\tS9",
        "L1\t1\t0\t0\tPS\t990203\t9:00:00\t9:77:06\t6\t9:00:06\t9:00:20\t14\tAGENT\t9:00:20\t9:01:00\t40\tS9",
        "L1\t1\t0\t0\tPS\t990203\t9:00:00\t9:00:06\t6\t9:00:06\t9:00:20\t14\tEATEN\t9:00:20\t9:01:00\t40\tS9",
        "L1\t1\t0\t0\tPS\t990203\t9:00:00\t9:00:06\t6\t9:00:26\t9:00:20\t14\tHANG\t0:00:00\t0:00:00\t0\tS9",
    ];
    for row in broken {
        dirty += row;
        dirty += "\n";
    }
    let mut bytes = dirty.into_bytes();
    bytes.extend_from_slice(b"\xff\xfe not even text\n\n");
    let got = played(&bytes, None);
    assert_eq!(got["left_out"]["phantom"], 1);
    assert_eq!(got["left_out"]["other_pool"], 1);
    assert_eq!(got["left_out"]["malformed"], 7);
    assert_eq!(got["predictors"], clean["predictors"]);
    assert_eq!(got["intervals"], clean["intervals"]);
}

#[test]
fn a_file_that_is_no_log_is_refused() {
    let refusal = log::Log::read(&b"name\tcolour\n"[..]).unwrap_err();
    assert!(refusal.to_string().contains("no column"), "{refusal}");
}

/// The public log is no part of the product; its path comes in `GES_TEST_CALL_LOG`.
#[test]
fn the_public_log_is_predicted_better_than_by_any_known_way() {
    let Some(path) = std::env::var_os("GES_TEST_CALL_LOG") else {
        eprintln!("not checked: GES_TEST_CALL_LOG does not name the public call log");
        return;
    };
    let document = played(&std::fs::read(path).unwrap(), Some("990207"));
    let ours = rmse(&document, "ours");
    for name in &baselines::NAMES[1..baselines::NAMES.len() - 1] {
        let theirs = rmse(&document, name);
        assert!(ours < theirs, "ours {ours:.1} s, {name} {theirs:.1} s");
    }
    assert!(ours < 65.0, "{ours}");
    for (at, low, high, worst, width) in
        [(0, 0.78, 0.82, 0.75, 125.0), (1, 0.88, 0.92, 0.85, 180.0)]
    {
        let interval = &document["intervals"][at];
        let coverage = interval["coverage"].as_f64().unwrap();
        assert!((low..=high).contains(&coverage), "{interval}");
        assert!(interval["worst_full_day"]["coverage"].as_f64().unwrap() >= worst, "{interval}");
        assert!(interval["mean_width_secs"].as_f64().unwrap() < width, "{interval}");
    }
}
