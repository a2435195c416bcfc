//! What the engine finds, leaves alone and says.

mod engine;
mod markdown;
mod rules;
