//! Any text is a frame or refused; what is a frame is the only text of that frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_wire::{base64_text, frame};

fuzz_target!(|text: &str| {
    let Ok(bytes) = base64_text::from_text(text) else {
        return;
    };
    assert_eq!(base64_text::to_text(&bytes), text);
    let _ = frame::decode(&bytes);
});
