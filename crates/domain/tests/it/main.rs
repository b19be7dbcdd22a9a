//! What the domain promises as a whole, as one binary: rules that only show when its rooms meet.

mod calendar;
mod life;
mod wait;
