//! Behaviour of the renderers on hand-built documents.

mod blame;
mod doctor;
mod fixtures;
mod hostile;
mod html;
mod markdown;
mod part;
mod porcelain;
mod terminal;
