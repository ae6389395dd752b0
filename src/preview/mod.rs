//! The preview: whoever writes runbooks sees each edit at once, and never a page that is wrong.
//!
//! The watcher says where something may have changed; the stage holds the newest site that is whole; the server renders a
//! page of it when it is asked for; each tab is told when what it shows is no longer what it would be given.

mod answer;
mod editor;
mod guard;
mod range;
pub mod server;
pub mod stage;
mod tab;
mod target;
pub mod watcher;
