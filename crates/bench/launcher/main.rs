//! Builds sandboxes for the tests of this crate.

fn main() {
    trueline_sandbox::launch_if_asked();
}
