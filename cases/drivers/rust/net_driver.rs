// A driver for Rust's std::net.
mod protocol;

use protocol::{from_hex, serve, to_hex, Answer, Handles};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;

// Again after an interruption, as Read says.
fn receive(stream: &mut TcpStream, most: &str) -> Answer {
    let mut data = vec![0; most.parse().unwrap_or(0)];
    let count = loop {
        match stream.read(&mut data) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => break result?,
        }
    };
    Ok(if count == 0 { "eof".to_string() } else { format!("ok {}", to_hex(&data[..count])) })
}

struct Driver {
    streams: Handles<TcpStream>,
    listeners: Handles<TcpListener>,
}

impl Driver {
    fn listen(&mut self, words: &[&str]) -> Answer {
        let listener = TcpListener::bind(format!("{}:{}", words[1], words[2]))?;
        let port = listener.local_addr()?.port();
        self.listeners.put(words[0], listener)?;
        Ok(format!("ok {}", port))
    }

    fn answer(&mut self, verb: &str, words: &[&str]) -> Option<Answer> {
        let done = |result: std::io::Result<()>| result.map(|()| String::new());
        Some(match verb {
            "hello" => Ok("ok rust-std-net".to_string()),
            "quit" => Ok(String::new()),
            "connect" => TcpStream::connect(format!("{}:{}", words[1], words[2])).and_then(|s| self.streams.put(words[0], s)),
            "send" => self.streams.get(words[0]).and_then(|s| done(s.write_all(&from_hex(words[1])))),
            "recv" => self.streams.get(words[0]).and_then(|s| receive(s, words[1])),
            "finish" => self.streams.get(words[0]).and_then(|s| done(s.shutdown(Shutdown::Write))),
            "shutdown-receive" => self.streams.get(words[0]).and_then(|s| done(s.shutdown(Shutdown::Read))),
            "shutdown-both" => self.streams.get(words[0]).and_then(|s| done(s.shutdown(Shutdown::Both))),
            "close" => self.streams.take(words[0]).and_then(|s| done(Ok(drop(s)))),
            "listen" => self.listen(words),
            "accept" => self.listeners.get(words[0]).and_then(|l| l.accept()).and_then(|(s, _)| self.streams.put(words[1], s)),
            "stop" => self.listeners.take(words[0]).and_then(|l| done(Ok(drop(l)))),
            "spawn" => Command::new(words[0]).args(&words[1..]).spawn().map(|child| format!("ok {}", child.id())),
            _ => return None,
        })
    }
}

fn main() {
    let mut driver = Driver { streams: Handles(Default::default()), listeners: Handles(Default::default()) };
    serve(|verb, words| driver.answer(verb, words));
}
