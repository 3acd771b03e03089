//! Any bytes decode or are refused; what decodes keeps its serial number and means the same
//! after a detour through the generated types.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlor_model::Timestamp;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::frame;
use parlor_wire::proto::GenericCommand;
use parlor_wire::reply::{Refusal, Reply, ReplyEnvelope};
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    let Ok(command) = frame::decode(bytes) else {
        return;
    };

    let canonical = GenericCommand::decode(bytes)
        .expect("the frame decoded before")
        .encode_to_vec();
    assert_eq!(frame::decode(&canonical).as_ref(), Ok(&command));

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
    let answer = GenericCommand::decode(answer).expect("our own frame");
    assert_eq!(answer.i, command.envelope.serial);
});
