//! The server: sockets, and limits to what may be sent through them.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CACHE_CONTROL, HeaderValue, RANGE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::answer::{Answer, EVENTS, answer, client};
use super::guard::{self, Hosts};
use super::stage::Stage;
use super::tab::told;
use crate::diagnostic::{Code, Diagnostic};

/// The port that is tried first when none is asked for.
const PORT: u16 = 3131;
/// How many ports after it are tried.
const PORTS: u16 = 20;
/// Most connections at a time: a browser opens six, and 1,024 files are what most systems allow a program.
const CONNECTIONS: usize = 800;
/// Most tabs that are told of changes.
const TABS: usize = 100;
/// How long a connection may take to say what it wants, and be idle after that.
const IDLE: Duration = Duration::from_secs(15);
/// Most bytes and lines of a request's head; hyper takes no fewer than 8 KiB.
const HEAD: usize = 32 << 10;
const HEADERS: usize = 100;
/// How long a page is held back for a change that is being read.
const PENDING: Duration = Duration::from_secs(1);
/// How long a page is held back for the first state of the site.
const FIRST: Duration = Duration::from_secs(120);
/// How often a silent tab is asked whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A server that has its port but does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    hosts: Hosts,
}

impl Server {
    /// Takes `port` of `host`, or the next free port when none is asked for.
    ///
    /// # Errors
    /// When the port is taken, or the host is not one of this machine.
    pub fn bind(host: &str, port: Option<u16>) -> Result<Self, Diagnostic> {
        let ports = port.map_or(PORT..=PORT + PORTS, |port| port..=port);
        let mut last = None;
        for port in ports {
            match bind(host, port) {
                Ok((listener, address)) => {
                    let hosts = Hosts {
                        named: host.to_owned(),
                        loopback: address.ip().is_loopback(),
                    };
                    return Ok(Self {
                        listener,
                        address,
                        hosts,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
                Err(error) => return Err(refused(host, port, &error)),
            }
        }
        let message = match port {
            Some(port) => format!("port {port} is in use"),
            None => format!("the ports {PORT} to {} are in use", PORT + PORTS),
        };
        let mut diagnostic = Diagnostic::new(Code::Unreadable, message)
            .help("end the program that uses it, or name another with `--port`");
        if last.is_none() {
            diagnostic.message = "there is no port to try".to_owned();
        }
        Err(diagnostic)
    }

    /// The address to open in a browser, without a path.
    pub fn origin(&self) -> String {
        let port = self.address.port();
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        format!("http://{ip}:{port}")
    }

    /// Whether other machines can reach it.
    pub fn is_open(&self) -> bool {
        !self.hosts.loopback
    }

    /// Begins to answer, in threads of its own, until the program ends.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(self, stage: Arc<Stage>) -> io::Result<()> {
        self.listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(16)
            .thread_name("preview")
            .enable_all()
            .build()?;
        let (listener, hosts) = (self.listener, Arc::new(self.hosts));
        std::thread::Builder::new()
            .name("preview".to_owned())
            .spawn(move || runtime.block_on(listen(listener, stage, hosts)))?;
        Ok(())
    }
}

fn bind(host: &str, port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    let listener = TcpListener::bind(&*addresses)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn refused(host: &str, port: u16, error: &io::Error) -> Diagnostic {
    let message = format!("`{host}` port {port} cannot be listened to: {error}");
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need rights; name another with `--port`"
        }
        _ => "name an address of this machine with `--host`; 127.0.0.1 is this machine alone",
    };
    Diagnostic::new(Code::Unreadable, message).help(help)
}

async fn listen(listener: TcpListener, stage: Arc<Stage>, hosts: Arc<Hosts>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let tabs = Arc::new(Semaphore::new(TABS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No more files may be opened now; some will be closed.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Beyond the limit a connection is closed at once.
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (stage, hosts, tabs) = (Arc::clone(&stage), Arc::clone(&hosts), Arc::clone(&tabs));
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                respond(
                    request,
                    Arc::clone(&stage),
                    Arc::clone(&hosts),
                    Arc::clone(&tabs),
                )
            });
            // A connection that fails concerns nobody else.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(IDLE)
                .max_buf_size(HEAD)
                .max_headers(HEADERS)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(permit);
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    stage: Arc<Stage>,
    hosts: Arc<Hosts>,
    tabs: Arc<Semaphore>,
) -> Result<Response<Reply>, Infallible> {
    let (mut parts, _) = request.into_parts();
    let head = parts.method == Method::HEAD;
    if head {
        // Only a GET asks for a part (RFC 9110, 14.2).
        parts.headers.remove(RANGE);
    }
    let checked = guard::check(&parts.method, &parts.uri, &parts.headers, &hosts);
    if let Err(refusal) = checked {
        return Ok(whole(Answer::refused(refusal), head));
    }
    if parts.uri.path() == EVENTS {
        let Ok(permit) = tabs.try_acquire_owned() else {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Ok(whole(Answer::text(status, "too many tabs are open"), head));
        };
        let page = page_of(parts.uri.query().unwrap_or_default());
        let (send, receive) = mpsc::channel(4);
        if !head {
            tokio::spawn(async move { tell(&stage, page, send).await });
        }
        let answer = Answer::new(StatusCode::OK, "text/event-stream", Bytes::new());
        let mut response = Response::new(Reply::Stream(receive, permit));
        *response.headers_mut() = answer.headers;
        let fresh = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, fresh);
        return Ok(response);
    }
    if let Some(answer) = client(&parts.uri, &parts.headers) {
        return Ok(whole(answer, head));
    }
    // A page that is asked for while a change is being read is the changed one.
    let mut now = stage.now();
    let first = now.borrow().generation == 0;
    let patience = if first { FIRST } else { PENDING };
    let _ = timeout(
        patience,
        now.wait_for(|now| now.generation > 0 && !now.pending),
    )
    .await;
    let answered = tokio::task::spawn_blocking(move || {
        let scene = stage.scene()?;
        Some(answer(&stage, &scene, &parts.uri, &parts.headers))
    });
    let answer = answered.await.ok().flatten().unwrap_or_else(|| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Answer::text(status, "the site is not ready yet")
    });
    Ok(whole(answer, head))
}

fn whole(answer: Answer, head: bool) -> Response<Reply> {
    let length = answer.body.len();
    let body = if head { Bytes::new() } else { answer.body };
    let mut response = Response::new(Reply::Whole(Some(body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if answer.status != StatusCode::NOT_MODIFIED {
        let length = HeaderValue::from(length);
        response
            .headers_mut()
            .insert(hyper::header::CONTENT_LENGTH, length);
    }
    response
}

/// The path of the page in `page=…`.
fn page_of(query: &str) -> String {
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("page="))
        .unwrap_or_default();
    percent_encoding::percent_decode_str(value)
        .decode_utf8_lossy()
        .into_owned()
}

/// Tells a tab what it should know, now and whenever that changes, until it is closed.
async fn tell(stage: &Arc<Stage>, page: String, send: mpsc::Sender<Bytes>) {
    // Back soon when the preview is started again.
    if send
        .send(Bytes::from_static(b"retry: 500\n\n"))
        .await
        .is_err()
    {
        return;
    }
    let mut now = stage.now();
    let mut last = String::new();
    let mut seen = 0;
    loop {
        let changed = timeout(HEARTBEAT, now.wait_for(|now| now.generation != seen)).await;
        let changed = changed.map(|changed| changed.map(|now| now.generation));
        let message = match changed {
            Ok(Ok(generation)) => {
                seen = generation;
                let (stage, page) = (Arc::clone(stage), page.clone());
                let told = tokio::task::spawn_blocking(move || {
                    let scene = stage.scene()?;
                    serde_json::to_string(&told(&stage, &scene, &page)).ok()
                });
                match told.await.ok().flatten() {
                    Some(told) if told != last => {
                        last = told;
                        format!("data: {last}\n\n")
                    }
                    _ => continue,
                }
            }
            Ok(Err(_)) => return,
            Err(_) => ":\n\n".to_owned(),
        };
        if send.send(Bytes::from(message)).await.is_err() {
            return;
        }
    }
}

/// The body of an answer.
enum Reply {
    Whole(Option<Bytes>),
    /// What a tab is told, and its place among the tabs, which is free again as soon as the tab is closed.
    Stream(
        mpsc::Receiver<Bytes>,
        #[expect(dead_code, reason = "it is only held")] OwnedSemaphorePermit,
    ),
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(bytes) => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Stream(receive, _) => receive
                .poll_recv(context)
                .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Stream(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Stream(..) => SizeHint::default(),
        }
    }
}
