// Messages: sending, delivery to everybody concerned, what is kept and what is refused.

import assert from 'node:assert/strict';

import { next } from '../support/events.mjs';
import { fence, refusal, scenario, startConversation } from '../support/stage.mjs';

scenario('C53 send resolves with id and timestamp and the peer gets the same message', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { messages } = bob;
  const conversation = await startConversation(alice, [bob]);
  const sent = await conversation.send(alice.text('hello'));
  assert.match(sent.id, /^[A-Za-z0-9_-]{22}$/);
  assert.ok(sent.timestamp instanceof Date);
  assert.equal(sent.status, alice.sdk.MessageStatus.SENT);

  const [received, theirs] = await messages.first();
  assert.ok(received instanceof bob.sdk.TextMessage);
  assert.equal(received.id, sent.id);
  assert.equal(received.cid, conversation.id);
  assert.equal(received.from, alice.id);
  assert.equal(received.text, 'hello');
  assert.deepEqual(received.timestamp, sent.timestamp);
  assert.deepEqual(received.updatedAt, received.timestamp, 'a fresh message was never updated');
  assert.equal(theirs.lastMessage.id, sent.id);
  assert.equal(conversation.lastMessage.id, sent.id);
  assert.deepEqual(theirs.lastMessageAt, conversation.lastMessageAt);
  assert.equal(theirs.unreadMessagesCount, 1);
  assert.equal(conversation.unreadMessagesCount, 0);
});

scenario('C54 the ack of a message has its id and time and no code', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const frames = alice.device.frames();
  const sent = await conversation.send(alice.text('hello'));
  const { CommandType } = alice.sdk.Protocols;
  const [{ ackMessage }] = await frames.first(({ cmd }) => cmd === CommandType.ack);
  assert.equal(ackMessage.uid, sent.id);
  assert.equal(ackMessage.t.toNumber(), sent.timestamp.getTime());
  assert.equal(ackMessage.code, null);
  assert.equal(ackMessage.appCode, null);
});

scenario('C1 events carry no serial number, the service and the client they are for', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  const bob = await device.login('bob');
  const frames = device.frames();
  const conversation = await startConversation(alice, [bob]);
  await fence(alice, conversation, bob);

  const events = frames.entries.map(([frame]) => frame).filter(({ i }) => i === null);
  assert.equal(events.length, 5, 'joined and members_joined for both, direct for bob');
  for (const frame of events) {
    assert.equal(frame.service, 2);
    assert.ok([alice.id, bob.id].includes(frame.peerId));
  }
});

scenario('C4 on a shared socket the response comes before the events it causes', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  const bob = await device.login('bob');
  const { CommandType, OpType } = device.sdk.Protocols;
  const conversation = await startConversation(alice, [bob]);
  await fence(alice, conversation, bob);

  const frames = device.frames();
  await conversation.send(alice.text('hello'));
  await conversation.set('name', 'renamed').save();
  await conversation.add([stage.id('carol')]);
  await fence(alice, conversation, bob);
  const order = frames.entries.map(([{ cmd, op, i }]) => ({ cmd, op, response: i !== null }));
  const position = (cmd, op, response) =>
    order.findIndex((frame) => frame.cmd === cmd && frame.op === op && frame.response === response);
  const { ack, conv, direct } = CommandType;
  const pairs = [
    [position(ack, null, true), position(direct, null, false)],
    [position(conv, OpType.updated, true), position(conv, OpType.updated, false)],
    [position(conv, OpType.added, true), position(conv, OpType.members_joined, false)],
  ];
  for (const [response, event] of pairs) {
    assert.ok(response >= 0 && event >= 0, JSON.stringify(order));
    assert.ok(response < event, JSON.stringify(order));
  }
});

scenario('C55 who is no member cannot send, and the session goes on', async (stage) => {
  const [alice, bob, carol] = await stage.logins('alice', 'bob', 'carol');
  const conversation = await startConversation(alice, [bob]);
  const theirs = await carol.client.getConversation(conversation.id);
  const message = carol.text('let me in');
  await assert.rejects(theirs.send(message), refusal(4401, 'INVALID_MESSAGING_TARGET'));
  assert.equal(message.status, carol.sdk.MessageStatus.FAILED);
  const own = await startConversation(carol, [bob]);
  await fence(carol, own, bob);
  assert.deepEqual(await conversation.queryMessages({}), []);
});

scenario('C56 messages of two senders arrive in one order with times of their own', async (stage) => {
  const [alice, bob, carol] = await stage.logins('alice', 'bob', 'carol');
  const conversation = await startConversation(alice, [bob, carol]);
  const theirs = await bob.client.getConversation(conversation.id);
  await fence(alice, conversation, bob, carol);
  await fence(bob, theirs, alice, carol);
  const before = carol.messages.entries.length;

  const burst = (login, from) =>
    Array.from({ length: 25 }, (_, index) => from.send(login.text(`${login.id} ${index}`)));
  const sent = await Promise.all([...burst(alice, conversation), ...burst(bob, theirs)]);
  const times = sent.map(({ timestamp }) => timestamp.getTime());
  assert.equal(new Set(times).size, sent.length);

  await carol.messages.atLeast(before + sent.length);
  const received = carol.messages.entries.slice(before).map(([message]) => message);
  const byTime = [...sent].sort((left, right) => left.timestamp - right.timestamp);
  assert.deepEqual(received.map(({ id }) => id), byTime.map(({ id }) => id));
  for (const login of [alice, bob]) {
    const own = byTime.filter(({ from }) => from === login.id).map(({ text }) => text);
    assert.deepEqual(own, own.map((_, index) => `${login.id} ${index}`), 'a sender keeps its order');
  }
});

scenario('C57 a message sent again under its token is the same message', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const [first, second] = [alice.text('once'), alice.text('once')];
  second.id = first.id;
  const { messages } = bob;
  const sent = await conversation.send(first);
  const again = await conversation.send(second);
  assert.equal(again.id, sent.id);
  assert.deepEqual(again.timestamp, sent.timestamp);
  await fence(alice, conversation, bob);
  assert.deepEqual(messages.entries.map(([{ text }]) => text), ['once', 'fence']);
  assert.equal((await conversation.queryMessages({})).length, 2);
});

scenario('C57 a message that is sent again after a lost connection is there once', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const { messages } = bob;
  const [sent, copy] = [alice.text('acked'), alice.text('acked')];
  copy.id = sent.id;
  await conversation.send(sent);

  const lost = alice.text('lost');
  const reconnected = next(alice.client, alice.sdk.Event.RECONNECT);
  const attempt = conversation.send(lost);
  alice.device.breakSocket();
  await assert.rejects(attempt);
  await reconnected;
  assert.equal(lost.status, alice.sdk.MessageStatus.FAILED);

  await conversation.send(lost);
  await conversation.send(copy);
  assert.deepEqual([copy.id, copy.timestamp], [sent.id, sent.timestamp]);
  await fence(alice, conversation, bob);
  assert.deepEqual(messages.entries.map(([{ text }]) => text), ['acked', 'lost', 'fence']);
  const history = await conversation.queryMessages({});
  assert.deepEqual(history.map(({ id }) => id), messages.entries.map(([{ id }]) => id));
});

scenario('C58 the sender gets its message on its other device and nothing unread', async (stage) => {
  const [phone, desk, bob] = await stage.logins('alice', 'alice', 'bob');
  phone.messages;
  const { messages } = desk;
  const conversation = await startConversation(phone, [bob]);
  const sent = await conversation.send(phone.text('from my phone'));
  const [message, theirs] = await messages.first();
  assert.equal(message.id, sent.id);
  assert.equal(message.from, phone.id);
  assert.equal(theirs.unreadMessagesCount, 0);
  await phone.client.ping([phone.id]);
  assert.deepEqual(phone.messages.entries, []);
});

scenario('C59 bytes arrive as bytes, live and in history', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { messages } = bob;
  const conversation = await startConversation(alice, [bob]);
  const bytes = Uint8Array.from([0, 255, 128, 10, 13, 0, 195, 40, 7, 9]);
  await conversation.send(new alice.sdk.BinaryMessage(bytes.buffer));

  const [message, theirs] = await messages.first();
  assert.ok(message instanceof bob.sdk.BinaryMessage);
  assert.deepEqual(new Uint8Array(message.buffer), bytes);

  const [stored] = await theirs.queryMessages({});
  assert.ok(stored instanceof bob.sdk.BinaryMessage);
  assert.deepEqual(new Uint8Array(stored.buffer), bytes);
});

scenario('C60 a transient message reaches who is online and leaves no trace', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob, stage.id('carol')]);
  await fence(alice, conversation, bob);
  const frames = bob.device.frames();
  const sent = await conversation.send(alice.text('typing…'), { transient: true });
  assert.ok(sent.id);
  await bob.messages.first(({ id }) => id === sent.id);
  const [{ directMessage }] = await frames.first(({ directMessage: direct }) => direct?.id === sent.id);
  assert.equal(directMessage.transient, true);

  const texts = (await conversation.queryMessages({})).map(({ text }) => text);
  assert.deepEqual(texts, ['fence']);

  const carol = await stage.login('carol');
  const { UNREAD_MESSAGES_COUNT_UPDATE } = carol.sdk.Event;
  const [[unread]] = await carol.log(UNREAD_MESSAGES_COUNT_UPDATE).first();
  assert.equal(unread.unreadMessagesCount, 1, 'the fence alone');
  assert.equal(unread.lastMessage.text, 'fence');
  assert.ok(unread.lastMessageAt < sent.timestamp);
});

scenario('C61 mentions reach who is mentioned, live and in history', async (stage) => {
  const [alice, bob, carol] = await stage.logins('alice', 'bob', 'carol');
  const conversation = await startConversation(alice, [bob, carol]);
  const logs = [bob.messages, carol.messages];
  await conversation.send(alice.text('bob!').setMentionList([bob.id]));
  const [[toBob, bobs], [toCarol, carols]] = await Promise.all(logs.map((log) => log.first()));
  assert.equal(toBob.mentioned, true);
  assert.deepEqual(toBob.mentionList, [bob.id]);
  assert.equal(bobs.unreadMessagesMentioned, true);
  assert.equal(toCarol.mentioned, false);
  assert.ok(!carols.unreadMessagesMentioned);

  const everybody = await conversation.send(alice.text('everybody!').mentionAll());
  const [[again], [also]] = await Promise.all(logs.map((log) => log.first(({ id }) => id === everybody.id)));
  assert.equal(again.mentioned, true);
  assert.equal(also.mentioned, true);
  assert.equal(carols.unreadMessagesMentioned, true);

  const [one, all] = await carols.queryMessages({});
  assert.deepEqual([one.mentionList, one.mentionedAll, one.mentioned], [[bob.id], false, false]);
  assert.deepEqual([all.mentionList, all.mentionedAll, all.mentioned], [[], true, true]);
});

scenario('C62 a message over 5 KB is refused and the socket stays usable', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const refused = refusal(4109, 'FRAME_TOO_LONG');
  await assert.rejects(conversation.send(alice.text('x'.repeat(6 * 1024))), refused);
  await assert.rejects(conversation.send(alice.text('short'), { pushData: { alert: 'x'.repeat(6 * 1024) } }), refused);
  await fence(alice, conversation, bob);
  assert.equal(bob.messages.entries.length, 1);
});

scenario('a message of 5000 bytes and any text pass untouched', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { messages } = bob;
  const conversation = await startConversation(alice, [bob]);
  const contents = ['x'.repeat(5000), 'a\u0000b', '😀 好 \u202e', '{"not": json', '[1,2]', ' '];
  for (const content of contents) await conversation.send(new alice.sdk.Message(content));
  const received = await messages.atLeast(contents.length);
  assert.deepEqual(received.map(([{ content }]) => content), contents.map(parsed));
  const history = await conversation.queryMessages({});
  assert.deepEqual(history.map(({ content }) => content), contents.map(parsed));
});

/** The SDK parses every content that happens to be JSON. */
function parsed(content) {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
