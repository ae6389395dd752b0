//! One run of a program: how long it took, and how much memory and processor time.

use std::error::Error;
use std::fs;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Shortest and longest time between two looks at a running program. A look takes a lock of the program's memory, so
/// many of them would slow the one that has more threads.
const LOOKS: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(20));

/// Ticks a second in /proc/PID/stat; the same on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// What one run of a program took.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    /// Processor time of all threads, in seconds.
    pub(crate) processor: f64,
    /// The largest resident memory, in KiB.
    pub(crate) memory: u64,
}

/// Runs a program to its end. One that fails ends the benchmark, with what it said.
pub(crate) fn measure(command: &mut Command) -> Result<Run, Box<dyn Error>> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let (id, ended) = (child.id(), AtomicBool::new(false));
    let (wall, status, said, (memory, processor)) = thread::scope(|scope| -> io::Result<_> {
        let watcher = scope.spawn(|| watch(id, &ended));
        let said = read_all(&mut child);
        let status = child.wait();
        let wall = start.elapsed();
        ended.store(true, Ordering::Relaxed);
        let seen = watcher.join().unwrap_or_default();
        Ok((wall, status?, said?, seen))
    })?;
    if !status.success() {
        let end = said.char_indices().rev().nth(2000).map_or(0, |(at, _)| at);
        return Err(format!("{command:?} ended with {status}:\n{}", &said[end..]).into());
    }
    Ok(Run {
        wall,
        processor,
        memory,
    })
}

/// Standard error must be read while the program runs, or a full pipe would stop it.
fn read_all(child: &mut Child) -> io::Result<String> {
    let mut said = Vec::new();
    if let Some(pipe) = &mut child.stderr {
        pipe.read_to_end(&mut said)?;
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// The memory's high-water mark (KiB) and the processor time (s) of a process. Both only rise, so at most a twentieth
/// of the time is missed.
fn watch(process: u32, ended: &AtomicBool) -> (u64, f64) {
    let mut seen = (0, 0.0);
    let start = Instant::now();
    while !ended.load(Ordering::Relaxed) {
        if let Some(memory) = peak_memory(process) {
            seen.0 = memory.max(seen.0);
        }
        if let Some(processor) = processor_time(process) {
            seen.1 = processor.max(seen.1);
        }
        thread::sleep((start.elapsed() / 20).clamp(LOOKS.0, LOOKS.1));
    }
    seen
}

fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn processor_time(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // After the name, which may hold anything but ends with the last bracket: user time is the 12th, system's the 13th.
    let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}
