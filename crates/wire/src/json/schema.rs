//! The schema as data, and the few names that it does not tell.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};

/// The compiled schema; `build.rs` writes it beside the generated types.
static FRAME: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let compiled: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/messages.bin"));
    DescriptorPool::decode(compiled)
        .expect("compiled by build.rs")
        .get_message_by_name("messages.GenericCommand")
        .expect("the schema has frames")
});

/// The field whose content is bytes.
pub(super) const BINARY: &str = "binaryMsg";

/// Returns the descriptor of a frame.
pub(super) fn frame() -> &'static MessageDescriptor {
    &FRAME
}

/// Tells whether a message is JSON in a text, which the JSON form puts in its place as it is.
pub(super) fn is_inlined(message: &MessageDescriptor) -> bool {
    message.full_name() == "messages.JsonObjectMessage"
}

/// Returns the field for content that is text, of a message that has one for bytes too.
pub(super) fn text_beside_binary(message: &MessageDescriptor) -> Option<&'static str> {
    message.get_field_by_name(BINARY)?;
    ["msg", "data"].into_iter().find(|name| {
        message
            .get_field_by_name(name)
            .is_some_and(|field| field.kind() == Kind::String)
    })
}
