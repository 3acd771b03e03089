//! Well-formed frames with fields taken at random from what nobody expects. Whatever they ask for
//! is refused or done: never a fault of the server, never the end of the connection.

use bytes::Bytes;
use parlor_testkit::{Client, TestServer, command, within};
use parlor_wire::proto::{CommandType, GenericCommand};
use parlor_wire::subprotocol::Subprotocol;
use prost::Message as _;
use tokio_tungstenite::tungstenite::Message;

use crate::scene;

/// How a refusal begins that blames the server, and the code of an `ack` that does.
const FAULTS: [&str; 2] = ["the server failed", "the server cannot"];
const FAULT: i32 = 4200;

const FRAMES: usize = 3000;

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    /// A text, which may be an id.
    Text,
    /// A number or a truth value.
    Number,
    Bytes,
    /// A JSON text in its message.
    Json,
    /// An error or a tuple: a text, then numbers.
    Tuple,
}
use Kind::{Bytes as Raw, Json, Number, Text, Tuple};

/// A command: its number, the operations that clients send, the field of its message, and that
/// message's fields (spec 01 §3.1).
type Shape = (u64, &'static [u64], u64, &'static [(u64, Kind)]);

const SHAPES: [Shape; 10] = [
    (
        0,
        &[1, 7, 12],
        102,
        &[
            (1, Number),
            (2, Text),
            (3, Text),
            (4, Text),
            (5, Number),
            (6, Text),
            (7, Text),
            (8, Text),
            (10, Text),
            (14, Text),
            (17, Number),
            (18, Number),
            (19, Number),
        ],
    ),
    (
        1,
        &[
            30, 2, 3, 7, 45, 47, 48, 43, 50, 51, 52, 53, 180, 181, 182, 190,
        ],
        110,
        &[
            (1, Text),
            (1, Text),
            (2, Number),
            (3, Number),
            (4, Text),
            (4, Text),
            (7, Text),
            (8, Number),
            (9, Number),
            (10, Number),
            (13, Number),
            (14, Text),
            (15, Text),
            (20, Text),
            (23, Number),
            (25, Text),
            (26, Tuple),
            (27, Number),
            (28, Number),
            (29, Text),
            (40, Text),
            (101, Json),
            (103, Json),
        ],
    ),
    (
        2,
        &[],
        104,
        &[
            (1, Text),
            (7, Text),
            (10, Number),
            (11, Text),
            (11, Text),
            (13, Number),
            (14, Text),
            (15, Text),
            (16, Text),
            (17, Number),
            (19, Raw),
            (20, Text),
            (21, Number),
        ],
    ),
    (
        3,
        &[],
        105,
        &[(3, Text), (4, Text), (7, Number), (8, Number), (10, Text)],
    ),
    (
        6,
        &[],
        109,
        &[
            (1, Text),
            (1, Text),
            (2, Number),
            (3, Number),
            (4, Number),
            (5, Number),
            (6, Text),
            (7, Text),
            (10, Number),
            (11, Number),
            (12, Number),
            (13, Number),
        ],
    ),
    (
        11,
        &[],
        107,
        &[(1, Text), (2, Text), (3, Tuple), (3, Tuple)],
    ),
    (13, &[100], 113, &[(1, Number), (2, Text), (3, Text)]),
    (18, &[150, 151], 114, &[(1, Tuple), (1, Tuple), (2, Number)]),
    (
        20,
        &[7, 170, 171, 176],
        116,
        &[
            (1, Text),
            (2, Text),
            (3, Text),
            (4, Text),
            (5, Number),
            (6, Text),
            (12, Number),
            (13, Text),
            (14, Text),
        ],
    ),
    (8, &[], 100, &[]),
];

/// A sequence that is the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*, of which the upper bits are the good ones.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(random).expect("31 bits") % sides
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.roll(among.len())]
    }
}

/// What fields are filled with.
struct Pools {
    texts: Vec<String>,
    /// Ids of what there is, so that commands get past looking for it.
    ids: Vec<String>,
    numbers: Vec<u64>,
    documents: Vec<String>,
}

impl Pools {
    fn new(ids: &[&str]) -> Self {
        let long = "\u{1F600}".repeat(64);
        let mut texts: Vec<String> = [
            "",
            "alice",
            "bob",
            "a\0b",
            "'\"\\",
            "%s",
            "[",
            "null",
            "-lm,attr.a",
            "token",
            "Manager",
            "Owner",
            "token-x",
            "🦀",
            "\u{202E}\u{FEFF}",
            "{\"_lctype\":-1}",
        ]
        .map(str::to_owned)
        .into();
        texts.extend([&long, &format!("{long}x"), &"x".repeat(3000)].map(Clone::clone));
        let numbers = [
            0,
            1,
            2,
            20,
            1000,
            -1,
            i64::from(i32::MAX),
            i64::from(i32::MIN),
        ]
        .into_iter()
        .chain([i64::MAX, i64::MIN, 253_402_300_800_000, -62_167_219_200_001])
        .map(i64::cast_unsigned)
        .collect();
        let documents = [
            "{}", "[]", "null", "7", "", "{", "\"x\"",
            "{\"name\":\"n\",\"attr\":{\"a\":[1,{\"b\":null}]}}",
            "{\"attr.a\":{\"__op\":\"Increment\",\"amount\":-9223372036854775808}}",
            "{\"attr.a\":{\"__op\":\"AddUnique\",\"objects\":[[],{},null,1e308]}}",
            "{\"a\":{\"$gt\":1e308},\"b\":{\"$in\":[]},\"c\":{\"$nin\":[null]}}",
            "{\"$or\":[{\"m\":\"alice\"},{\"m\":{\"$all\":[\"bob\",\"\"]}}]}",
            "{\"m\":{\"$size\":-9223372036854775808}}",
            "{\"objectId\":{\"$exists\":1},\"createdAt\":{\"$lt\":{\"__type\":\"Date\",\"iso\":\"0000-01-01T00:00:00.000Z\"}}}",
            "{\"name\":{\"$regex\":\"\\\\Q[\\\\E(a|b)*$\",\"$options\":\"imxs\"}}",
            "{\"a\\u0000\":1}", "{\"a\":\"\\ud83d\"}", "{\"a\":1,\"a\":2}",
            "{\"lm\":{\"$gt\":0},\"mu\":\"alice\",\"tr\":true,\"sys\":false,\"c\":null}",
        ]
        .map(str::to_owned)
        .into();
        Self {
            texts,
            ids: ids.iter().map(|&id| id.to_owned()).collect(),
            numbers,
            documents,
        }
    }
}

impl Pools {
    fn text(&self, dice: &mut Dice) -> &String {
        let texts = if dice.roll(2) == 0 {
            &self.texts
        } else {
            &self.ids
        };
        dice.pick(texts)
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(field: u64, value: u64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value, out);
}

fn bytes(field: u64, value: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn fill(field: u64, kind: Kind, dice: &mut Dice, pools: &Pools, out: &mut Vec<u8>) {
    match kind {
        Number => number(field, *dice.pick(&pools.numbers), out),
        Text | Raw => bytes(field, pools.text(dice).as_bytes(), out),
        Json => {
            let mut document = Vec::new();
            bytes(1, dice.pick(&pools.documents).as_bytes(), &mut document);
            bytes(field, &document, out);
        }
        Tuple => {
            let mut tuple = Vec::new();
            // Field 2 is a text here and a number there.
            bytes(1, pools.text(dice).as_bytes(), &mut tuple);
            number(3, *dice.pick(&pools.numbers), &mut tuple);
            bytes(field, &tuple, out);
        }
    }
}

/// Makes a frame, or nothing when it cannot be decoded: that would close the connection.
fn frame(serial: i32, dice: &mut Dice, pools: &Pools) -> Option<Vec<u8>> {
    let (command, operations, message_field, fields) = *dice.pick(&SHAPES);
    let mut message = Vec::new();
    for (field, kind) in fields {
        for _ in 0..[0, 0, 1, 1, 1, 3][dice.roll(6)] {
            fill(*field, *kind, dice, pools, &mut message);
        }
    }
    let mut frame = Vec::new();
    number(1, command, &mut frame);
    if !operations.is_empty() {
        number(2, *dice.pick(operations), &mut frame);
    }
    number(5, i64::from(serial).cast_unsigned(), &mut frame);
    if dice.roll(2) == 0 {
        bytes(4, pools.text(dice).as_bytes(), &mut frame);
    }
    if dice.roll(4) == 0 {
        number(7, *dice.pick(&pools.numbers), &mut frame);
    }
    bytes(message_field, &message, &mut frame);
    GenericCommand::decode(&frame[..]).ok().map(|_| frame)
}

#[tokio::test]
async fn no_combination_of_fields_is_a_fault_of_the_server() {
    let server = TestServer::start().await;
    let (cid, [mut alice, _bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, "hello").await;
    let pools = Pools::new(&[&cid, &cid, scene::uid(&ack), "alice", "bob"]);
    let mut dice = Dice(0x5EED);
    let mut mallory = Client::login(&server, "mallory").await;
    mallory.open("alice").await;
    let mut sent = 0;
    for serial in 0.. {
        if sent == FRAMES {
            break;
        }
        // Numbers of their own, apart from those that the client counts itself.
        let Some(frame) = frame(-1 - serial, &mut dice, &pools) else {
            continue;
        };
        if sent % 50 == 0 {
            // A frame may have logged somebody out.
            for name in ["mallory", "alice"] {
                mallory.request(command::open(server.app_id(), name)).await;
            }
        }
        sent += 1;
        let what = GenericCommand::decode(&frame[..]).expect("just decoded");
        mallory.expect_serial(-1 - serial);
        mallory.send_raw(Message::Binary(Bytes::from(frame))).await;
        let echo = within("an echo", mallory.try_request(command::echo())).await;
        let echo = echo.unwrap_or_else(|end| panic!("{end:?} after {what:?}"));
        assert_eq!(echo.cmd, Some(CommandType::Echo as i32));
        for arrived in mallory.take_arrived() {
            let detail = arrived.error_message.as_ref();
            let detail = detail.and_then(|error| error.detail.as_deref());
            let is_fault =
                detail.is_some_and(|detail| FAULTS.iter().any(|fault| detail.starts_with(fault)));
            let code = arrived.ack_message.as_ref().and_then(|ack| ack.code);
            assert!(!is_fault && code != Some(FAULT), "{arrived:?} to {what:?}");
        }
    }
    // Whatever was done to it, the conversation still answers.
    let mut witness = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    witness.open("witness").await;
    witness.request(command::text(&cid, "hi")).await;
}
