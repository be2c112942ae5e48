#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kube_enroll_server::fuzzing::byte_size(bytes));
