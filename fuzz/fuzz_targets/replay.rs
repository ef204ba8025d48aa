#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ballotta_fuzz::target("replay").run)(bytes));
