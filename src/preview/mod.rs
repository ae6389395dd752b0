//! The preview: whoever writes runbooks sees each edit at once.

pub mod watcher;
