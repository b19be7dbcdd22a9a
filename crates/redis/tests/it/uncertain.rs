//! A server that cuts a connection in the middle of a start: whatever comes after, the start may have been written.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use ges_contracts::orchestrator::start;
use ges_ports::{FaultKind, Orchestrator};
use ges_redis::StreamConfig;

use crate::given::{at, stream};

/// Reads one command of the Redis protocol.
fn command(from: &mut impl BufRead) -> Option<Vec<String>> {
    let mut number = |mark: char| {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        line.trim_end().strip_prefix(mark)?.parse::<usize>().ok()
    };
    let count = number('*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut head = String::new();
        from.read_line(&mut head).ok()?;
        let length: usize = head.trim_end().strip_prefix('$')?.parse().ok()?;
        let mut word = vec![0; length + 2];
        from.read_exact(&mut word).ok()?;
        words.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    Some(words)
}

/// Greets whoever comes, and says nothing to a start but good-bye.
fn serve(mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let words = command(&mut reader)?;
        match words[0].as_str() {
            "XADD" => return Some(()),
            "HELLO" => stream.write_all(b"%1\r\n$5\r\nproto\r\n:3\r\n").ok()?,
            _ => stream.write_all(b"+OK\r\n").ok()?,
        }
    }
}

#[tokio::test]
async fn a_start_that_was_cut_off_is_never_called_unwritten() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        // Nobody is let in after the first: every further try finds nobody, and certainly writes nothing.
        drop(listener);
        serve(stream).expect("there was a start");
    });
    let stream = stream(&StreamConfig { connection: at(&address), ..StreamConfig::default() });
    stream.ping().await.unwrap();
    let fault = stream.start(&start(1)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut);
    server.join().unwrap();
    let fault = stream.start(&start(2)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable, "the next start was never sent");
}
