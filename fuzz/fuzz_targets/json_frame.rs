//! Any bytes are a JSON frame or refused, and what is readable is answered under its serial
//! number; any protobuf frame has a JSON form, in ASCII.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_model::{ClientId, Timestamp};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::json;
use parlor_wire::proto::GenericCommand;
use parlor_wire::reply::{Refusal, Reply, ReplyEnvelope};
use prost::Message;
use serde_json::{Map, Value};

fn object(text: &str) -> Map<String, Value> {
    assert!(text.is_ascii(), "{text}");
    serde_json::from_str(text).expect("an object")
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(command) = json::decode(bytes) {
        let reply = match &command.request {
            Ok(_) => Reply::Echo,
            Err(problem) => Reply::Error(Refusal {
                code: ErrorCode::UnparseableRawMessage,
                detail: Some(problem.to_string()),
                client_ids: vec![],
            }),
        };
        let answer = reply.encode(&ReplyEnvelope {
            serial: command.envelope.serial,
            client_id: None,
            server_ts: Timestamp::from_millis(0),
        });
        let answer = object(&json::encode(&answer));
        let serial = answer.get("i").and_then(Value::as_i64);
        assert_eq!(serial, command.envelope.serial.map(i64::from));
    }

    if let Ok(frame) = GenericCommand::decode(bytes) {
        let text = json::encode(&frame.encode_to_vec());
        assert!(text.is_ascii(), "{text}");
        // Raw JSON of any depth may be inlined, so reading may be refused, but does not panic.
        let _ = json::decode(text.as_bytes());
        if text != "{}" {
            let addressed = json::address(text.as_bytes(), &ClientId::trusted("\u{e9}\"\\"));
            assert!(addressed.is_ascii() && addressed.ends_with('}'), "{addressed}");
        }
    }
});
