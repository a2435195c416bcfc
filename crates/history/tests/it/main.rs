//! Tests of the history crate against repositories that they build with `git`.

mod declare;
mod evidence;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod model;
#[cfg(test)]
mod repo;
#[cfg(test)]
mod walk;
