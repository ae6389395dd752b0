//! Steers real Chromium over the DevTools protocol: one headless browser with a profile of its own, as many pages as
//! a test wants. Everything blocks, and everything that goes wrong panics with what the page said.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket};

/// How long the browser may take to start or to answer one call.
const CALL: Duration = Duration::from_secs(30);
/// How long a page may take to come to a state that a test waits for.
const WAIT: Duration = Duration::from_secs(10);
/// How often a waiting test looks.
const LOOK: Duration = Duration::from_millis(20);

/// A headless Chromium; it ends, and its profile goes, when this is dropped.
pub struct Browser {
    link: Rc<RefCell<Link>>,
    child: Child,
    profile: tempfile::TempDir,
}

/// One tab.
pub struct Page {
    link: Rc<RefCell<Link>>,
    target: String,
    session: String,
}

/// What a page is told about its reader; the default is light, moving, own colours, a screen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Media {
    /// `prefers-color-scheme: dark`
    pub dark: bool,
    /// `prefers-reduced-motion: reduce`
    pub reduced_motion: bool,
    /// `forced-colors: active`
    pub forced_colors: bool,
    /// `@media print`
    pub print: bool,
}

/// How a page is printed; the default is A4 upright, as the page's own `@page` says.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Width and height in inches.
    pub size: (f64, f64),
    /// Top, right, bottom and left margins in inches, where the page's own `@page` sets none.
    pub margins: [f64; 4],
    /// Whether `@page { size }` goes before `size`.
    pub css_page_size: bool,
    /// The browser's own running head and foot, as HTML with the classes `pageNumber`, `totalPages`, `title`, `url`
    /// and `date`. None of them is printed where both are absent.
    pub header: Option<String>,
    /// See `header`.
    pub footer: Option<String>,
    /// Whether backgrounds are printed.
    pub backgrounds: bool,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            size: (8.27, 11.69),
            margins: [0.4; 4],
            css_page_size: true,
            header: None,
            footer: None,
            backgrounds: false,
        }
    }
}

impl Browser {
    /// Starts Chromium: `$CHROMIUM`, or Debian's.
    pub fn start() -> Self {
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        let profile = tempfile::Builder::new()
            .prefix("bindery-chromium-")
            .tempdir()
            .expect("a profile folder");
        let home = profile.path();
        let mut child = Command::new(&program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--no-default-browser-check",
                "--hide-scrollbars",
                "--lang=en-GB",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", home.display()))
            .arg("about:blank")
            // Crash reports and caches too go with the profile.
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home)
            .env("XDG_CACHE_HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(home.join("stderr")).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot start Chromium at `{program}`: {error}; \
                     install Debian's `chromium`, or name another in CHROMIUM"
                )
            });
        match Link::open(&mut child, home) {
            Ok(link) => Self {
                link: Rc::new(RefCell::new(link)),
                child,
                profile,
            },
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                let log = fs::read_to_string(home.join("stderr")).unwrap_or_default();
                panic!("Chromium at `{program}` does not answer: {error}\n{log}")
            }
        }
    }

    /// Opens an empty tab of this size; all tabs share cookies and storage.
    #[track_caller]
    pub fn page(&self, width: u32, height: u32) -> Page {
        let call = |method: &str, params: Value| {
            let answer = self.link.borrow_mut().call(None, method, params);
            answer.unwrap_or_else(|error| panic!("{error}"))
        };
        let text = |value: &Value| value.as_str().expect("a name").to_owned();
        let target = text(&call("Target.createTarget", json!({"url": "about:blank"}))["targetId"]);
        let attached = call(
            "Target.attachToTarget",
            json!({"targetId": target, "flatten": true}),
        );
        let page = Page {
            link: Rc::clone(&self.link),
            session: text(&attached["sessionId"]),
            target,
        };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        page.resize(width, height);
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self
            .link
            .borrow_mut()
            .call(None, "Browser.close", json!({}));
        let end = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > end {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            sleep(LOOK);
        }
        // Its helpers may write for a moment longer.
        while fs::remove_dir_all(self.profile.path()).is_err() && self.profile.path().exists() {
            if Instant::now() > end {
                break;
            }
            sleep(LOOK);
        }
    }
}

impl Page {
    /// Opens an address and waits until it has loaded; a `#fragment` of the same page needs no loading.
    #[track_caller]
    pub fn go(&self, url: &str) {
        let answer = self.call("Page.navigate", json!({"url": url}));
        if let Some(error) = answer["errorText"].as_str() {
            panic!("cannot open {url}: {error}");
        }
        if let Some(loader) = answer["loaderId"].as_str() {
            self.loaded(|loaders| loaders.iter().any(|done| done == loader), url);
        }
    }

    /// Reloads, as the reader's own button would, and waits.
    #[track_caller]
    pub fn reload(&self) {
        let before = self.log(|log| log.loaders.len());
        self.call("Page.reload", json!({}));
        self.loaded(|loaders| loaders.len() > before, "the page again");
    }

    #[track_caller]
    fn loaded(&self, done: impl Fn(&[String]) -> bool, what: &str) {
        let end = Instant::now() + CALL;
        while !self.log(|log| done(&log.loaders)) {
            assert!(
                Instant::now() < end,
                "{what} did not load\n{}",
                self.history()
            );
            self.pump(LOOK);
        }
    }

    /// The value of an expression, awaited if it is a promise; panics with the exception's text.
    #[track_caller]
    pub fn eval(&self, js: &str) -> Value {
        self.try_eval(js)
            .unwrap_or_else(|error| panic!("{error}\nin: {js}\n{}", self.history()))
    }

    /// The same, with the exception's text as the error.
    pub fn try_eval(&self, js: &str) -> Result<Value, String> {
        let answer = self.try_call(
            "Runtime.evaluate",
            json!({"expression": js, "awaitPromise": true, "returnByValue": true, "userGesture": true}),
        )?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            return Err(exception(thrown));
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Looks until an expression is truthy, for ten seconds at most; `what` says what was waited for.
    #[track_caller]
    pub fn wait(&self, js: &str, what: &str) {
        let end = Instant::now() + WAIT;
        loop {
            // A page that is just being replaced has no answer; the next look asks its successor.
            let seen = self.try_eval(&format!("Promise.resolve({js}).then(Boolean)"));
            if seen == Ok(Value::Bool(true)) {
                return;
            }
            assert!(
                Instant::now() < end,
                "waited in vain for {what}\nin: {js}\nlast: {seen:?}\n{}",
                self.history()
            );
            self.pump(LOOK);
        }
    }

    /// Lets time pass, to see that nothing happens in it.
    pub fn rest(&self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.pump(left.min(LOOK));
        }
    }

    /// Presses a key by its name in `KeyboardEvent.key`, with modifiers before it: `Escape`, `a`, `Control+k`.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let (modifiers, key) = match keys.rsplit_once('+') {
            Some((before, key)) if !key.is_empty() => (before, key),
            _ => ("", keys),
        };
        let modifiers: u8 = modifiers
            .split('+')
            .map(|name| match name {
                "Alt" => 1,
                "Control" => 2,
                "Meta" => 4,
                "Shift" => 8,
                _ => 0,
            })
            .sum();
        let (code, number, text) = match key {
            "Enter" => (key.to_owned(), 13, "\r"),
            "Tab" => (key.to_owned(), 9, ""),
            "Escape" => (key.to_owned(), 27, ""),
            "Backspace" => (key.to_owned(), 8, ""),
            "Delete" => (key.to_owned(), 46, ""),
            "PageUp" => (key.to_owned(), 33, ""),
            "PageDown" => (key.to_owned(), 34, ""),
            "End" => (key.to_owned(), 35, ""),
            "Home" => (key.to_owned(), 36, ""),
            "ArrowLeft" => (key.to_owned(), 37, ""),
            "ArrowUp" => (key.to_owned(), 38, ""),
            "ArrowRight" => (key.to_owned(), 39, ""),
            "ArrowDown" => (key.to_owned(), 40, ""),
            " " | "Space" => ("Space".to_owned(), 32, " "),
            _ if key.chars().count() == 1 => {
                let upper = key.to_uppercase();
                let first = upper.chars().next().unwrap_or_default();
                let (code, number) = match first {
                    'A'..='Z' => (format!("Key{first}"), u32::from(first)),
                    '0'..='9' => (format!("Digit{first}"), u32::from(first)),
                    '/' => ("Slash".to_owned(), 191),
                    _ => (String::new(), 0),
                };
                // Alt, Control and Meta make a command of a letter.
                (code, number, if modifiers & 7 == 0 { key } else { "" })
            }
            _ => panic!("no key is named `{key}`"),
        };
        let key = if key == "Space" { " " } else { key };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({
                "type": kind, "key": key, "code": code, "modifiers": modifiers,
                "windowsVirtualKeyCode": number, "nativeVirtualKeyCode": number,
            });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Types into what has the focus, a key at a time.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\n' => self.press("Enter"),
                _ => self.press(letter.encode_utf8(&mut [0; 4])),
            }
        }
    }

    /// Clicks the middle of the first element that matches, scrolled into view, with the mouse; panics when something
    /// covers it. ` >>> ` steps into a shadow root.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let place = self.eval(&format!(
            r#"(() => {{
                let root = document, element;
                for (const part of {}.split(" >>> ")) {{
                    element = root.querySelector(part);
                    if (!element) throw new Error("nothing matches " + part);
                    root = element.shadowRoot;
                }}
                element.scrollIntoView({{ block: "center", inline: "center", behavior: "instant" }});
                const box = element.getClientRects()[0];
                if (!box) throw new Error("not shown: " + element.outerHTML);
                const x = box.left + box.width / 2, y = box.top + box.height / 2;
                const hit = element.getRootNode().elementFromPoint(x, y);
                if (!element.contains(hit)) throw new Error("covered by " + (hit && hit.outerHTML.slice(0, 200)));
                return [x, y];
            }})()"#,
            json!(selector)
        ));
        for (kind, button, buttons) in [
            ("mouseMoved", "none", 0),
            ("mousePressed", "left", 1),
            ("mouseReleased", "left", 0),
        ] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": place[0], "y": place[1], "button": button, "buttons": buttons,
                    "clickCount": u8::from(button == "left")}),
            );
        }
    }

    /// Makes the window another size.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// Says what the reader prefers.
    #[track_caller]
    pub fn emulate(&self, media: Media) {
        let feature = |name: &str, on: bool, yes: &str, no: &str| json!({"name": name, "value": if on { yes } else { no }});
        self.call(
            "Emulation.setEmulatedMedia",
            json!({
                "media": if media.print { "print" } else { "" },
                "features": [
                    feature("prefers-color-scheme", media.dark, "dark", "light"),
                    feature("prefers-reduced-motion", media.reduced_motion, "reduce", "no-preference"),
                    feature("forced-colors", media.forced_colors, "active", "none"),
                ],
            }),
        );
    }

    /// Brings this tab before the browser's others, which are hidden by it.
    #[track_caller]
    pub fn front(&self) {
        self.call("Page.bringToFront", json!({}));
    }

    /// Cuts this tab off from the network, or gives it back. Streams that are open may stay open.
    #[track_caller]
    pub fn offline(&self, offline: bool) {
        self.call(
            "Network.emulateNetworkConditions",
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}),
        );
    }

    /// Runs a script before any of the page's own, on each page opened from now on.
    #[track_caller]
    pub fn before_load(&self, js: &str) {
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": js}),
        );
    }

    /// Makes storage throw, as browsers do that block cookies, on each page opened from now on.
    #[track_caller]
    pub fn refuse_storage(&self) {
        self.before_load(
            r#"for (const name of ["localStorage", "sessionStorage"])
                Object.defineProperty(window, name, { configurable: true, get() {
                    throw new DOMException("storage is refused by the test", "SecurityError");
                } });"#,
        );
    }

    /// Turns JavaScript off or on, for each page opened from now on; `eval` keeps working.
    #[track_caller]
    pub fn scripts(&self, on: bool) {
        self.call(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": !on}),
        );
    }

    /// Writes what the window shows as PNG.
    #[track_caller]
    pub fn screenshot(&self, path: impl AsRef<Path>) {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png"}));
        save(path.as_ref(), &answer["data"]);
    }

    /// Prints the page as PDF.
    #[track_caller]
    pub fn pdf(&self, path: impl AsRef<Path>, paper: &Paper) {
        let [top, right, bottom, left] = paper.margins;
        // An empty template means the browser's default one; a blank element means none.
        let template =
            |text: &Option<String>| text.clone().unwrap_or_else(|| "<span></span>".to_owned());
        let answer = self.call(
            "Page.printToPDF",
            json!({
                "paperWidth": paper.size.0, "paperHeight": paper.size.1,
                "marginTop": top, "marginRight": right, "marginBottom": bottom, "marginLeft": left,
                "preferCSSPageSize": paper.css_page_size,
                "printBackground": paper.backgrounds,
                "displayHeaderFooter": paper.header.is_some() || paper.footer.is_some(),
                "headerTemplate": template(&paper.header), "footerTemplate": template(&paper.footer),
            }),
        );
        save(path.as_ref(), &answer["data"]);
    }

    /// Every error so far, a line each: exceptions, `console.error`, refused or failed requests, breaches of the
    /// content security policy.
    pub fn console(&self) -> Vec<String> {
        self.pump(Duration::ZERO);
        self.log(|log| log.errors.clone())
    }

    /// Every address asked for so far, in order.
    pub fn requests(&self) -> Vec<String> {
        self.pump(Duration::ZERO);
        self.log(|log| log.requests.clone())
    }

    /// Forgets what `console` and `requests` have seen.
    pub fn forget(&self) {
        self.pump(Duration::ZERO);
        let mut link = self.link.borrow_mut();
        let log = link.logs.entry(self.session.clone()).or_default();
        log.errors.clear();
        log.console.clear();
        log.requests.clear();
    }

    /// Closes the tab.
    pub fn close(self) {
        let target = json!({"targetId": self.target});
        let _ = self
            .link
            .borrow_mut()
            .call(None, "Target.closeTarget", target);
    }

    /// Any other call of the protocol.
    #[track_caller]
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.try_call(method, params)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.history()))
    }

    fn try_call(&self, method: &str, params: Value) -> Result<Value, String> {
        let session = Some(self.session.as_str());
        self.link.borrow_mut().call(session, method, params)
    }

    fn pump(&self, time: Duration) {
        self.link.borrow_mut().pump(time);
    }

    fn log<T>(&self, read: impl FnOnce(&Log) -> T) -> T {
        let mut link = self.link.borrow_mut();
        read(link.logs.entry(self.session.clone()).or_default())
    }

    fn history(&self) -> String {
        self.log(|log| format!("console:\n{}", log.console.join("\n")))
    }
}

/// What one page has told so far.
#[derive(Default)]
struct Log {
    errors: Vec<String>,
    /// The errors and everything else that was logged.
    console: Vec<String>,
    requests: Vec<String>,
    /// The documents whose `load` has fired.
    loaders: Vec<String>,
}

/// The connection: calls go out by number, answers and events come back mixed.
struct Link {
    socket: WebSocket<TcpStream>,
    last: u64,
    answers: BTreeMap<u64, Value>,
    logs: BTreeMap<String, Log>,
    broken: Option<String>,
}

impl Link {
    /// Chromium writes the port and the path it listens at into its profile.
    fn open(child: &mut Child, profile: &Path) -> Result<Self, String> {
        let end = Instant::now() + CALL;
        let (port, path) = loop {
            let text = fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
            if let Some((port, path)) = text.split_once('\n')
                && path.trim().len() > "/devtools/browser/".len()
            {
                break (port.to_owned(), path.trim().to_owned());
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("it ended with {status}"));
            }
            if Instant::now() > end {
                return Err("it opened no port".to_owned());
            }
            sleep(LOOK);
        };
        let stream = TcpStream::connect(format!("127.0.0.1:{port}"))
            .map_err(|error| format!("port {port}: {error}"))?;
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream)
            .map_err(|error| format!("port {port}: {error}"))?;
        let _ = socket.get_ref().set_nodelay(true);
        Ok(Self {
            socket,
            last: 0,
            answers: BTreeMap::new(),
            logs: BTreeMap::new(),
            broken: None,
        })
    }

    fn send(&mut self, session: Option<&str>, method: &str, params: Value) -> u64 {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        if let Err(error) = self.socket.send(Message::text(message.to_string())) {
            self.broken = Some(error.to_string());
        }
        self.last
    }

    fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        let id = self.send(session, method, params);
        let end = Instant::now() + CALL;
        loop {
            if let Some(mut answer) = self.answers.remove(&id) {
                return match answer["error"]["message"].as_str() {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(answer["result"].take()),
                };
            }
            if let Some(error) = &self.broken {
                return Err(format!("{method}: the browser is gone: {error}"));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("{method}: no answer in {} s", CALL.as_secs()));
            }
            self.read(left);
        }
    }

    /// Files all that comes within this time.
    fn pump(&mut self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // A timeout of zero would mean none at all.
            if !self.read(left.max(Duration::from_millis(1))) || left.is_zero() {
                return;
            }
        }
    }

    /// Files one message; false when none came in time.
    fn read(&mut self, time: Duration) -> bool {
        let _ = self.socket.get_ref().set_read_timeout(Some(time));
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                let message: Value = serde_json::from_str(&text).unwrap_or_default();
                if let Some(id) = message["id"].as_u64() {
                    self.answers.insert(id, message);
                } else {
                    self.event(&message);
                }
                true
            }
            Ok(_) => true,
            Err(Error::Io(error))
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                false
            }
            Err(error) => {
                self.broken = Some(error.to_string());
                false
            }
        }
    }

    fn event(&mut self, message: &Value) {
        let Some(session) = message["sessionId"].as_str() else {
            return;
        };
        let params = &message["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let log = self.logs.entry(session.to_owned()).or_default();
        let (error, line) = match message["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                log.requests.push(text(&params["request"]["url"]));
                return;
            }
            "Page.lifecycleEvent" => {
                if params["name"] == "load" {
                    log.loaders.push(text(&params["loaderId"]));
                }
                return;
            }
            // An open dialog would stop the page for good.
            "Page.javascriptDialogOpening" => {
                let line = format!("dialog: {}", text(&params["message"]));
                log.console.push(line.clone());
                log.errors.push(line);
                let session = session.to_owned();
                let accept = json!({"accept": true});
                self.send(Some(&session), "Page.handleJavaScriptDialog", accept);
                return;
            }
            "Inspector.targetCrashed" => (true, "the page crashed".to_owned()),
            "Runtime.exceptionThrown" => (true, exception(&params["exceptionDetails"])),
            "Runtime.consoleAPICalled" => {
                let words: Vec<String> = params["args"].as_array().map_or_else(Vec::new, |args| {
                    args.iter()
                        .map(|argument| match &argument["value"] {
                            Value::String(text) => text.clone(),
                            Value::Null => text(&argument["description"]),
                            other => other.to_string(),
                        })
                        .collect()
                });
                let kind = text(&params["type"]);
                (
                    kind == "error" || kind == "assert",
                    format!("{kind}: {}", words.join(" ")),
                )
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                let line = format!(
                    "{}: {}: {} {}",
                    text(&entry["source"]),
                    text(&entry["level"]),
                    text(&entry["text"]),
                    text(&entry["url"])
                );
                (entry["level"] == "error", line.trim_end().to_owned())
            }
            _ => return,
        };
        if error {
            log.errors.push(line.clone());
        }
        log.console.push(line);
    }
}

/// The text of an exception, with its stack where it has one.
fn exception(details: &Value) -> String {
    let described = &details["exception"]["description"];
    let plain = &details["exception"]["value"];
    let said = match (described.as_str(), plain) {
        (Some(text), _) => text.to_owned(),
        (None, Value::Null) => details["text"].as_str().unwrap_or("exception").to_owned(),
        (None, value) => value.to_string(),
    };
    format!("exception: {said}")
}

#[track_caller]
fn save(path: &Path, data: &Value) {
    let bytes = base64(data.as_str().unwrap_or_default());
    fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// What base64 stands for; the protocol sends nothing else, so that nothing can be refused.
fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            // The cast keeps the lowest eight bits, which are the next byte.
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
