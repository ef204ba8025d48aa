#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ballotta_fuzz::target("verifier_state").run)(bytes));
