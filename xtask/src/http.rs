//! A small HTTP/1.1 client: one connection, one request at a time.
//! Apart, and ours, because the tools talk to a server on this machine only, and an HTTP library would make them slow to build.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The longest answer that is read.
const LARGEST: usize = 16 << 20;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Asks for what lies at the path.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), ..Self::default() }
    }

    /// Sends a document by that method.
    pub(crate) fn json(method: &'static str, path: impl Into<String>, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method, path: path.into(), headers, body: body.to_string().into_bytes() }
    }

    /// Sends a form.
    pub(crate) fn form(path: impl Into<String>, form: &str) -> Self {
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        Self { method: "POST", path: path.into(), headers, body: form.as_bytes().to_vec() }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head = format!("{head}{name}: {value}\r\n");
        }
        if self.method != "GET" {
            head = format!("{head}content-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body as it came.
    pub(crate) body: Vec<u8>,
    /// The cookie that it sets, as a request gives it back.
    pub(crate) cookie: Option<String>,
}

impl Answer {
    /// The body as a document.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("not JSON: {}", self.text()))
    }

    /// The body for a person to read.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection that may carry many requests.
#[derive(Debug)]
pub(crate) struct Connection {
    host: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects. Nothing on it takes longer than `patience`.
    pub(crate) fn open(host: SocketAddr, patience: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&host, patience)
            .with_context(|| format!("nothing answers on {host}"))?;
        stream.set_read_timeout(Some(patience)).context("the connection takes no time limit")?;
        stream.set_write_timeout(Some(patience)).context("the connection takes no time limit")?;
        stream.set_nodelay(true).context("the connection takes no options")?;
        Ok(Self { host, stream: BufReader::with_capacity(16 << 10, stream) })
    }

    /// Sends and waits for the answer.
    pub(crate) fn send(&mut self, request: &Request) -> Result<Answer> {
        let bytes = request.bytes(self.host);
        self.stream.get_mut().write_all(&bytes).context("the request cannot be sent")?;
        read_answer(&mut self.stream)
            .with_context(|| format!("{} {}", request.method, request.path))
    }
}

/// Sends one request on a connection of its own.
pub(crate) fn send(host: SocketAddr, request: &Request) -> Result<Answer> {
    Connection::open(host, Duration::from_secs(10))?.send(request)
}

/// Makes a text fit for the query of a URL. Slashes stay: they are legal there, and read better.
pub(crate) fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let one = |byte: u8| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr().context("a listener has no address")?.port())
}

fn read_answer(from: &mut impl BufRead) -> Result<Answer> {
    let first = read_line(from)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no HTTP answer: {first:?}"))?;
    let (mut length, mut chunked, mut cookie) = (0, false, None);
    loop {
        let line = read_line(from)?;
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().context("an impossible content-length")?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("set-cookie") {
            cookie = value.split(';').next().map(|pair| pair.trim().to_owned());
        }
    }
    let mut body = Vec::new();
    if chunked {
        read_chunks(from, &mut body)?;
    } else {
        read_exactly(from, length, &mut body)?;
    }
    Ok(Answer { status, body, cookie })
}

fn read_chunks(from: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let line = read_line(from)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(digits, 16).context("an impossible chunk")?;
        read_exactly(from, length, body)?;
        read_line(from)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn read_exactly(from: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> Result<()> {
    if body.len() + length > LARGEST {
        bail!("the answer is larger than {LARGEST} bytes");
    }
    let start = body.len();
    body.resize(start + length, 0);
    from.read_exact(&mut body[start..]).context("the answer was cut off")
}

fn read_line(from: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    let read = from.take(64 << 10).read_line(&mut line).context("no answer came")?;
    if read == 0 {
        bail!("the connection was closed without an answer");
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(wire: &str) -> Result<Answer> {
        read_answer(&mut wire.as_bytes())
    }

    #[test]
    fn an_answer_of_known_length_is_read_to_its_end() {
        let answer = answer("HTTP/1.1 429 Too Many\r\nContent-Length: 2\r\n\r\n{}rest").unwrap();
        assert_eq!((answer.status, answer.text()), (429, "{}".into()));
    }

    #[test]
    fn a_path_with_a_blank_survives_in_a_url() {
        assert_eq!(percent_encoded("/srv/my data/ges"), "/srv/my%20data/ges");
        assert_eq!(percent_encoded("a+b&c=ü"), "a%2Bb%26c%3D%C3%BC");
    }

    #[test]
    fn a_cookie_is_kept_without_what_is_said_of_it() {
        let wire = "HTTP/1.1 200 OK\r\nSet-Cookie: ges=a=b; Path=/ges; HttpOnly\r\n\r\n";
        assert_eq!(answer(wire).unwrap().cookie.as_deref(), Some("ges=a=b"));
        assert_eq!(answer("HTTP/1.1 200 OK\r\n\r\n").unwrap().cookie, None);
    }

    #[test]
    fn chunks_are_put_together() {
        let wire = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\n\r\n";
        assert_eq!(answer(wire).unwrap().json().unwrap(), serde_json::json!([1, 2]));
    }

    #[test]
    fn what_is_cut_off_or_no_http_is_an_error() {
        assert!(answer("").is_err());
        assert!(answer("SSH-2.0\r\n\r\n").is_err());
        assert!(answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort").is_err());
        assert!(answer("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_has_a_length_when_it_has_a_body() {
        let request = Request::json("PUT", "/a", &serde_json::json!({})).header("x-k", "v");
        let bytes = request.bytes("127.0.0.1:1".parse().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            "PUT /a HTTP/1.1\r\nhost: 127.0.0.1:1\r\ncontent-type: application/json\r\nx-k: v\r\n\
             content-length: 2\r\n\r\n{}"
        );
    }
}
