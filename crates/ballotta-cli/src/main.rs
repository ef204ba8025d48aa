//! The command `ballotta`.

mod handover;
mod secrets;

fn main() {}
