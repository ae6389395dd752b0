//! Bindery turns a folder of Markdown runbooks into a linked static site.
//!
//! Data runs one way: source, snapshot, runbooks and theme, site, plan, render, publish. A build is a
//! function from a [`snapshot::Snapshot`] to a lazy map of outputs; see `build` for the order.

pub mod alert;
pub mod build;
pub mod check;
pub mod commands;
pub mod config;
pub mod diagnostic;
pub mod duration;
pub mod external;
pub mod hash;
pub mod history;
pub mod lexicon;
pub mod notes;
pub mod path;
pub mod pixels;
pub mod plan;
pub mod preview;
pub mod publish;
pub mod qr;
pub mod render;
pub mod report;
pub mod runbook;
pub mod shards;
pub mod site;
pub mod slug;
pub mod snapshot;
pub mod source;
pub mod theme;
pub mod token;
pub mod value;
