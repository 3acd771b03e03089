use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{AckCommand, LogItem, LogsCommand, OpType};

use crate::scene;

const OLD: i32 = 1;
const NEW: i32 = 2;

fn texts(items: &[LogItem]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item.data.as_deref().expect("data"))
        .collect()
}

/// A conversation of alice and bob in which alice said 1 to 5.
async fn five(server: &TestServer) -> (String, Client, Client, Vec<AckCommand>) {
    let (cid, [mut alice, bob]) = scene::chat(server, ["alice", "bob"]).await;
    let mut acks = Vec::new();
    for text in ["1", "2", "3", "4", "5"] {
        acks.push(alice.say(&cid, text).await);
    }
    (cid, alice, bob, acks)
}

#[tokio::test]
async fn c74_history_is_walked_from_both_ends_and_told_ascending() {
    let server = TestServer::start().await;
    let (cid, _alice, mut bob, acks) = five(&server).await;
    let of = |n: usize| (acks[n - 1].t, acks[n - 1].uid.clone());
    let (t2, mid2) = of(2);
    let (t4, mid4) = of(4);
    let base = LogsCommand {
        cid: Some(cid),
        ..LogsCommand::default()
    };
    let from_4 = LogsCommand {
        t: t4,
        mid: mid4.clone(),
        ..base.clone()
    };
    let to_2 = LogsCommand {
        tt: t2,
        tmid: mid2.clone(),
        ..base.clone()
    };
    for (ask, expected) in [
        (base.clone(), vec!["1", "2", "3", "4", "5"]),
        (
            LogsCommand {
                l: Some(2),
                ..base.clone()
            },
            vec!["4", "5"],
        ),
        (
            LogsCommand {
                direction: Some(NEW),
                limit: Some(2),
                ..base.clone()
            },
            vec!["1", "2"],
        ),
        (from_4.clone(), vec!["1", "2", "3"]),
        (
            LogsCommand {
                t_included: Some(true),
                ..from_4.clone()
            },
            vec!["1", "2", "3", "4"],
        ),
        (
            LogsCommand {
                direction: Some(NEW),
                ..from_4.clone()
            },
            vec!["5"],
        ),
        (
            LogsCommand {
                direction: Some(NEW),
                t_included: Some(true),
                ..from_4.clone()
            },
            vec!["4", "5"],
        ),
        (to_2.clone(), vec!["3", "4", "5"]),
        (
            LogsCommand {
                tt_included: Some(true),
                ..to_2.clone()
            },
            vec!["2", "3", "4", "5"],
        ),
        (
            LogsCommand {
                direction: Some(NEW),
                ..to_2.clone()
            },
            vec!["1"],
        ),
        (
            LogsCommand {
                direction: Some(NEW),
                tt_included: Some(true),
                ..to_2
            },
            vec!["1", "2"],
        ),
        (
            LogsCommand {
                tt: t2,
                tmid: mid2,
                limit: Some(1),
                ..from_4.clone()
            },
            vec!["3"],
        ),
        (
            LogsCommand {
                mid: None,
                ..from_4.clone()
            },
            vec!["1", "2", "3"],
        ),
        (
            LogsCommand {
                mid: Some("unknown".to_owned()),
                ..from_4
            },
            vec!["1", "2", "3"],
        ),
        (
            LogsCommand {
                l: Some(0),
                ..base.clone()
            },
            vec![],
        ),
        (
            LogsCommand {
                l: Some(1),
                limit: Some(3),
                ..base
            },
            vec!["5"],
        ),
    ] {
        let items = bob.logs(ask.clone()).await;
        assert_eq!(texts(&items), expected, "{ask:?}");
    }
}

#[tokio::test]
async fn w53_the_direction_of_old_clients_is_read() {
    let server = TestServer::start().await;
    let (cid, _alice, mut bob, _) = five(&server).await;
    for direction in [0, 1] {
        let items = bob
            .logs(LogsCommand {
                cid: Some(cid.clone()),
                direction: Some(direction),
                limit: Some(2),
                ..LogsCommand::default()
            })
            .await;
        assert_eq!(texts(&items), ["4", "5"]);
    }
}

#[tokio::test]
async fn c74_an_item_tells_who_when_and_what() {
    let server = TestServer::start().await;
    let (cid, _alice, mut bob, acks) = five(&server).await;
    let items = bob
        .logs(LogsCommand {
            cid: Some(cid),
            ..LogsCommand::default()
        })
        .await;
    for (item, ack) in items.iter().zip(&acks) {
        assert_eq!(item.msg_id, ack.uid);
        assert_eq!(item.timestamp, ack.t);
        assert_eq!(item.from.as_deref(), Some("alice"));
        assert_eq!(item.conv_type, Some(1));
        assert_ne!(item.bin, Some(true));
    }
}

#[tokio::test]
async fn c75_bounds_beyond_the_messages_give_nothing() {
    let server = TestServer::start().await;
    let (cid, _alice, mut bob, _) = five(&server).await;
    let year_2099 = 4_070_908_800_000;
    let base = LogsCommand {
        cid: Some(cid),
        ..LogsCommand::default()
    };
    for ask in [
        LogsCommand {
            t: Some(1),
            ..base.clone()
        },
        LogsCommand {
            tt: Some(year_2099),
            direction: Some(OLD),
            ..base.clone()
        },
        LogsCommand {
            t: Some(year_2099),
            direction: Some(NEW),
            ..base.clone()
        },
        LogsCommand {
            lctype: Some(1000),
            ..base.clone()
        },
    ] {
        assert!(bob.logs(ask.clone()).await.is_empty(), "{ask:?}");
    }
    // Objective-C's "from the end".
    let from_the_end = LogsCommand {
        t: Some(64_092_211_200_000),
        ..base
    };
    assert_eq!(bob.logs(from_the_end).await.len(), 5);
}

#[tokio::test]
async fn c75_pages_meet_without_gap_or_overlap() {
    let server = TestServer::start().await;
    let (cid, _alice, mut bob, _) = five(&server).await;
    for (direction, expected) in [
        (OLD, vec!["4", "5", "2", "3", "1"]),
        (NEW, vec!["1", "2", "3", "4", "5"]),
    ] {
        let mut ask = LogsCommand {
            cid: Some(cid.clone()),
            direction: Some(direction),
            limit: Some(2),
            ..LogsCommand::default()
        };
        let mut walked = Vec::new();
        loop {
            let page = bob.logs(ask.clone()).await;
            let next = if direction == OLD {
                page.first()
            } else {
                page.last()
            };
            let Some(next) = next else { break };
            ask.t = next.timestamp;
            ask.mid = next.msg_id.clone();
            walked.extend(page.into_iter().filter_map(|item| item.data));
        }
        assert_eq!(walked, expected);
    }
}

#[tokio::test]
async fn c76_history_is_filtered_by_type() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let typed_text = r#"{"_lctype":-1,"_lctext":"hi"}"#;
    let custom = r#"{"_lctype":7}"#;
    for content in ["plain", typed_text, custom, r#"{"no":"type"}"#, "{broken"] {
        alice.say(&cid, content).await;
    }
    let later = alice.say(&cid, typed_text).await;
    for (lctype, expected) in [(-1, vec![typed_text, typed_text]), (7, vec![custom])] {
        let items = alice
            .logs(LogsCommand {
                cid: Some(cid.clone()),
                lctype: Some(lctype),
                ..LogsCommand::default()
            })
            .await;
        assert_eq!(texts(&items), expected);
    }
    let items = alice
        .logs(LogsCommand {
            cid: Some(cid),
            t: later.t,
            tt: Some(1),
            lctype: Some(-1),
            ..LogsCommand::default()
        })
        .await;
    assert_eq!(texts(&items), [typed_text]);
}

#[tokio::test]
async fn c77_an_untouched_message_has_no_patch_time() {
    let server = TestServer::start().await;
    let (cid, mut alice, _bob, _) = five(&server).await;
    let items = alice
        .logs(LogsCommand {
            cid: Some(cid),
            ..LogsCommand::default()
        })
        .await;
    assert!(items.iter().all(|item| item.patch_timestamp.is_none()));
}

#[tokio::test]
async fn c78_history_is_for_members_and_whole_for_who_returns() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ask = LogsCommand {
        cid: Some(cid.clone()),
        ..LogsCommand::default()
    };
    alice.say(&cid, "before").await;
    bob.conv(command::remove(&cid, &["bob"]), OpType::Removed)
        .await;
    alice.say(&cid, "meanwhile").await;
    let refusal = bob.refused(command::logs(ask.clone())).await;
    assert_eq!(refusal.code, 4312);
    assert_eq!(refusal.reason, "CONVERSATION_LOG_REJECTED");
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    assert_eq!(texts(&bob.logs(ask).await), ["before", "meanwhile"]);
}

#[tokio::test]
async fn a_page_is_twenty_and_at_most_a_hundred() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let mut serials = Vec::new();
    for n in 0..120 {
        let frame = command::text(&cid, &n.to_string());
        serials.push(alice.send_numbered(frame).await);
    }
    for serial in serials {
        alice.reply(serial).await;
    }
    for (limit, first, count) in [(None, "100", 20), (Some(1000), "20", 100)] {
        let items = alice
            .logs(LogsCommand {
                cid: Some(cid.clone()),
                limit,
                ..LogsCommand::default()
            })
            .await;
        assert_eq!(items.len(), count);
        assert_eq!(texts(&items)[0], first);
    }
}
