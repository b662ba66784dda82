// The driver protocol over standard input and output, for verbs that block (PORTING.md).
use std::collections::HashMap;
use std::io::{self, BufRead, ErrorKind, Write};

/// A verb's answer, without the tag; an empty one is `ok`.
pub type Answer = io::Result<String>;

const NAMES: [(i32, &str); 22] = [
    (1, "EPERM"), (2, "ENOENT"), (4, "EINTR"), (5, "EIO"), (9, "EBADF"), (11, "EAGAIN"), (12, "ENOMEM"), (13, "EACCES"),
    (22, "EINVAL"), (23, "ENFILE"), (24, "EMFILE"), (28, "ENOSPC"), (32, "EPIPE"), (98, "EADDRINUSE"), (100, "ENETDOWN"),
    (101, "ENETUNREACH"), (103, "ECONNABORTED"), (104, "ECONNRESET"), (105, "ENOBUFS"), (107, "ENOTCONN"),
    (110, "ETIMEDOUT"), (111, "ECONNREFUSED"),
];

fn failed(error: io::Error) -> String {
    let code = error.raw_os_error();
    let name = NAMES.iter().find(|(number, _)| Some(*number) == code).map_or("EIO", |(_, name)| *name);
    // The library's own errors carry no errno.
    let name = if code.is_none() && error.kind() == ErrorKind::WriteZero { "EPIPE" } else { name };
    format!("error {}", name)
}

/// Answers requests by `answer`, of a verb and its words, until `quit`; None: there is no such verb.
pub fn serve(mut answer: impl FnMut(&str, &[&str]) -> Option<Answer>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let reply = match answer(words[1], &words[2..]) {
            None => "unimplemented".to_string(),
            Some(Ok(reply)) if reply.is_empty() => "ok".to_string(),
            Some(Ok(reply)) => reply,
            Some(Err(error)) => failed(error),
        };
        let mut output = io::stdout().lock();
        writeln!(output, "{} {}", words[0], reply).and_then(|()| output.flush()).expect("standard output");
        if words[1] == "quit" {
            return;
        }
    }
}

/// Things by their handles.
pub struct Handles<T>(pub HashMap<String, T>);

impl<T> Handles<T> {
    pub fn put(&mut self, handle: &str, thing: T) -> Answer {
        self.0.insert(handle.to_string(), thing);
        Ok(String::new())
    }
    pub fn get(&mut self, handle: &str) -> io::Result<&mut T> {
        self.0.get_mut(handle).ok_or_else(|| io::Error::from_raw_os_error(9))
    }
    pub fn take(&mut self, handle: &str) -> io::Result<T> {
        self.0.remove(handle).ok_or_else(|| io::Error::from_raw_os_error(9))
    }
}

pub fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).filter_map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()).collect()
}

pub fn to_hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{:02x}", byte)).collect()
}
