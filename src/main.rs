//! The `bindery` command.

use std::process::ExitCode;

/// Half the time of the system's allocator, on builds that make millions of short strings; see benches/README.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bindery::commands::run().into()
}
