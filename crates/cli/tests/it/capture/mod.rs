//! Capture end to end: tools' payloads go through the program, git runs its hooks, and what the
//! notes say is compared, line by line, with an account that knows nothing of notes.

mod evidence;
mod fuzz;
mod hooks;
mod installing;
mod rewrites;
mod signing;
mod story;
pub(crate) mod world;
