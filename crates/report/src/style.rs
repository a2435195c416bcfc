//! How a terminal wants its text: decided once by the front end, obeyed by every terminal renderer.

/// What the terminal can show and the reader wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Write ANSI colours.
    pub color: bool,
    /// Columns to wrap at.
    pub width: u16,
    /// Draw with characters beyond ASCII.
    pub unicode: bool,
    /// Write OSC 8 links.
    pub hyperlinks: bool,
}

impl Style {
    /// Plain ASCII text of 100 columns: what a pipe gets.
    #[must_use]
    pub const fn plain() -> Self {
        Self {
            color: false,
            width: 100,
            unicode: false,
            hyperlinks: false,
        }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::plain()
    }
}
