//! What was acked survives, once and in order, whoever is killed.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use parlor_testkit::{Client, ServerProcess, command, eventually};
use parlor_wire::proto::{DirectCommand, GenericCommand, LogItem, LogsCommand, OpType};
use parlor_wire::subprotocol::Subprotocol;
use tokio::sync::watch;

use crate::scene;

const BINARY: &str = env!("CARGO_BIN_EXE_parlor");
const SENDERS: [&str; 4] = ["sender-0", "sender-1", "sender-2", "sender-3"];
const KILLS: usize = 4;
/// Messages acked between two kills, so that each hits a server at work.
const ACKS_PER_KILL: usize = 100;

/// What a sender was promised.
struct Acked {
    content: String,
    id: String,
    sent_at: i64,
}

/// A client that sends one message after the other and never gives one up: it reconnects and
/// sends again under the same token until there is an ack.
struct Sender<'a> {
    name: &'static str,
    server: SocketAddr,
    app_id: &'static str,
    cid: &'a str,
    acks: &'a AtomicUsize,
    client: Option<Client>,
    acked: Vec<Acked>,
    /// Ids of messages that were delivered to it.
    delivered: HashSet<String>,
}

impl Sender<'_> {
    async fn run(mut self, stop: watch::Receiver<bool>) -> Self {
        let mut number = 0;
        while !*stop.borrow() {
            self.send(format!("{} {number}", self.name)).await;
            number += 1;
        }
        self
    }

    async fn send(&mut self, content: String) {
        let frame = command::direct(DirectCommand {
            cid: Some(self.cid.to_owned()),
            msg: Some(content.clone()),
            dt: Some(content.clone()),
            ..DirectCommand::default()
        });
        let ack = loop {
            // A refusal (the database is away) is tried again like a lost connection.
            let ack = self.attempt(frame.clone()).await;
            if let Some(ack) = ack.and_then(|reply| reply.ack_message)
                && ack.code.is_none()
            {
                break ack;
            }
        };
        self.acks.fetch_add(1, Ordering::Relaxed);
        self.acked.push(Acked {
            content,
            id: ack.uid.expect("uid"),
            sent_at: ack.t.expect("t"),
        });
    }

    async fn attempt(&mut self, frame: GenericCommand) -> Option<GenericCommand> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => self.connect().await,
        };
        let reply = client.try_request(frame).await.ok()?;
        for event in client.take_arrived() {
            if let Some(id) = event.direct_message.and_then(|message| message.id) {
                assert!(
                    self.delivered.insert(id.clone()),
                    "{} got {id} twice",
                    self.name
                );
            }
        }
        self.client = Some(client);
        Some(reply)
    }

    async fn connect(&self) -> Client {
        eventually("the server to take a session", || async {
            let subprotocol = Subprotocol::Protobuf2V3;
            let mut client = Client::try_connect(self.server, self.app_id, subprotocol)
                .await
                .ok()?;
            let open = command::open(self.app_id, self.name);
            let reply = client.try_request(open).await.ok()?;
            (reply.op == Some(OpType::Opened as i32)).then_some(client)
        })
        .await
    }
}

async fn login(process: &ServerProcess, name: &str) -> Client {
    let subprotocol = Subprotocol::Protobuf2V3;
    let mut client = Client::connect_to(process.http_addr(), process.app_id(), subprotocol).await;
    client.open(name).await;
    client
}

/// Waits until a hundred more messages were acked.
async fn at_work(acks: &AtomicUsize) {
    let goal = acks.load(Ordering::Relaxed) + ACKS_PER_KILL;
    eventually("messages to be acked", || async {
        (acks.load(Ordering::Relaxed) >= goal).then_some(())
    })
    .await;
}

async fn whole_history(client: &mut Client, cid: &str) -> Vec<LogItem> {
    let mut history: Vec<LogItem> = Vec::new();
    loop {
        let last = history.last();
        let page = client
            .logs(LogsCommand {
                cid: Some(cid.to_owned()),
                direction: Some(2),
                limit: Some(100),
                t: last.and_then(|item| item.timestamp),
                mid: last.and_then(|item| item.msg_id.clone()),
                ..LogsCommand::default()
            })
            .await;
        if page.is_empty() {
            return history;
        }
        history.extend(page);
    }
}

fn check(history: &[LogItem], senders: &[Sender<'_>]) {
    let times: Vec<i64> = history.iter().filter_map(|item| item.timestamp).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "times do not increase");
    let mut places = HashMap::new();
    let mut ids = HashSet::new();
    for (place, item) in history.iter().enumerate() {
        let content = item.data.as_deref().expect("data");
        assert!(
            places.insert(content, place).is_none(),
            "{content} is in history twice"
        );
        assert!(ids.insert(item.msg_id.as_deref().expect("msgId")));
    }
    for sender in senders {
        let mut last = None;
        for acked in &sender.acked {
            let place = places.get(&*acked.content).copied();
            let place = place.unwrap_or_else(|| panic!("{} is lost", acked.content));
            assert_eq!(history[place].msg_id.as_deref(), Some(&*acked.id));
            assert_eq!(history[place].timestamp, Some(acked.sent_at));
            assert!(last < Some(place), "{} is out of order", acked.content);
            last = Some(place);
        }
        for id in &sender.delivered {
            assert!(ids.contains(&**id), "{id} was delivered and is lost");
        }
    }
}

async fn survives(mut disaster: impl AsyncFnMut(&mut ServerProcess)) {
    let mut process = ServerProcess::start(BINARY).await;
    let mut starter = login(&process, SENDERS[0]).await;
    let cid = scene::start(&mut starter, &SENDERS).await;
    starter.drop_socket();

    let acks = AtomicUsize::new(0);
    let (stop, stopped) = watch::channel(false);
    let senders = SENDERS.map(|name| {
        let sender = Sender {
            name,
            server: process.http_addr(),
            app_id: process.app_id(),
            cid: &cid,
            acks: &acks,
            client: None,
            acked: Vec::new(),
            delivered: HashSet::new(),
        };
        sender.run(stopped.clone())
    });
    let script = async {
        for _ in 0..KILLS {
            at_work(&acks).await;
            disaster(&mut process).await;
        }
        at_work(&acks).await;
        stop.send(true).expect("senders listen");
    };
    let (senders, ()) = tokio::join!(join_all(senders), script);

    let mut auditor = login(&process, SENDERS[0]).await;
    let history = whole_history(&mut auditor, &cid).await;
    assert!(history.len() >= KILLS * ACKS_PER_KILL);
    check(&history, &senders);
}

#[tokio::test]
async fn acked_messages_survive_kills_of_the_server() {
    survives(async |process| {
        process.kill();
        process.start_again().await;
    })
    .await;
}

#[tokio::test]
async fn acked_messages_survive_kills_of_postgres() {
    survives(async |process| process.kill_postgres().await).await;
}

#[tokio::test]
async fn a_server_that_is_told_to_end_says_goodbye_and_ends_well() {
    let mut process = ServerProcess::start(BINARY).await;
    let mut alice = login(&process, "alice").await;
    let (code, status) = tokio::join!(alice.close_code(), async {
        tokio::task::spawn_blocking(move || process.terminate())
            .await
            .expect("the process ends")
    });
    assert_eq!(code, 1001);
    assert!(status.success(), "{status}");
}
