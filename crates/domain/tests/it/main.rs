//! What the domain promises as a whole, as one binary: rules that only show when its rooms meet.

mod calendar;
mod catalogue;
mod life;
mod planner;
mod wait;
