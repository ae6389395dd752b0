//! A static file server, as plain as any: a published folder under the policy that pages must keep to.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

/// A folder that is served until the test ends.
pub struct Host {
    /// Its address, with a slash.
    pub url: String,
}

impl Host {
    /// Serves `folder` on a free port.
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let folder = folder.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                thread::spawn(move || {
                    let mut line = String::new();
                    let mut reader = BufReader::new(stream);
                    if reader.read_line(&mut line).is_err() {
                        return;
                    }
                    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
                    // The rest of the head says nothing of interest.
                    while line.trim() != "" {
                        line.clear();
                        if !matches!(reader.read_line(&mut line), Ok(length) if length > 0) {
                            break;
                        }
                    }
                    let _ = reader.get_mut().write_all(&answer(&folder, &path));
                });
            }
        });
        Self { url }
    }
}

fn answer(folder: &Path, path: &str) -> Vec<u8> {
    let name = path.split(['?', '#']).next().unwrap_or_default();
    let name = name.trim_start_matches('/');
    let file: PathBuf = folder.join(if name.is_empty() { "index.html" } else { name });
    let kind = match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    // A browser asks for one whether the page names it or not.
    let (status, body) = match fs::read(&file) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\
         cache-control: no-store\r\ncontent-security-policy: default-src 'self'\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    answer
}
