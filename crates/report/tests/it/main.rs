//! Behaviour of the renderers on hand-built documents.

mod agree;
mod bench;
mod blame;
mod controls;
mod doctor;
mod fixtures;
mod gitlab;
mod hostile;
mod html;
mod known;
mod markdown;
mod part;
mod porcelain;
mod skills;
mod terminal;
