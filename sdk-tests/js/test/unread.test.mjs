// Unread counts: at login, on every device after a read, and what never counts.

import assert from 'node:assert/strict';

import { fence, scenario, startConversation } from '../support/stage.mjs';

/** The log of unread updates of a login. */
const unreadOf = (login) => login.log(login.sdk.Event.UNREAD_MESSAGES_COUNT_UPDATE);

scenario('C67 who was away finds one count, the mention and the last message', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, [stage.id('bob')]);
  await conversation.send(alice.text('one').setMentionList([stage.id('bob')]));
  await conversation.send(alice.text('two').mentionAll());
  const third = await conversation.send(alice.text('three'));

  const bob = await stage.login('bob');
  const [conversations] = await unreadOf(bob).first();
  assert.equal(conversations.length, 1);
  const [unread] = conversations;
  assert.equal(unread.id, conversation.id);
  assert.equal(unread.unreadMessagesCount, 3);
  assert.equal(unread.unreadMessagesMentioned, true);
  assert.equal(unread.lastMessage.id, third.id);
  assert.equal(unread.lastMessage.text, 'three');
  assert.equal(unread.lastMessage.from, alice.id);
  assert.deepEqual(unread.lastMessageAt, third.timestamp);

  await fence(alice, conversation, bob);
  assert.equal(unreadOf(bob).entries.length, 2, 'one at login, one that the SDK made for the fence');
  assert.equal(unread.unreadMessagesCount, 4);
});

scenario('C67 several conversations come in one update, unmentioned ones say so', async (stage) => {
  const alice = await stage.login('alice');
  const [quiet, busy] = [
    await startConversation(alice, [stage.id('bob')]),
    await startConversation(alice, [stage.id('bob')]),
  ];
  await startConversation(alice, [stage.id('bob')]);
  await quiet.send(alice.text('psst').setMentionList([stage.id('carol')]));
  await busy.send(alice.text('one'));
  await busy.send(alice.text('two').setMentionList([stage.id('bob')]));

  const bob = await stage.login('bob');
  const [conversations] = await unreadOf(bob).first();
  const seen = new Map(conversations.map((c) => [c.id, [c.unreadMessagesCount, c.unreadMessagesMentioned]]));
  assert.deepEqual(seen, new Map([[quiet.id, [1, false]], [busy.id, [2, true]]]));
});

scenario('C68 reading on one device clears the count on the other', async (stage) => {
  const [alice, phone, desk] = await stage.logins('alice', 'bob', 'bob');
  const conversation = await startConversation(alice, [phone, desk]);
  const logs = [phone.messages, desk.messages];
  await conversation.send(alice.text('first'));
  const last = await conversation.send(alice.text('bob?').setMentionList([phone.id]));
  await Promise.all(logs.map((log) => log.first(({ id }) => id === last.id)));
  const onPhone = await phone.client.getConversation(conversation.id);
  const onDesk = await desk.client.getConversation(conversation.id);
  assert.equal(onPhone.unreadMessagesCount, 2);
  assert.equal(onDesk.unreadMessagesCount, 2);
  assert.equal(onDesk.unreadMessagesMentioned, true);

  const cleared = unreadOf(desk);
  const frames = phone.device.frames();
  await onPhone.read();
  await cleared.first(([{ unreadMessagesCount }]) => unreadMessagesCount === 0);
  assert.equal(onDesk.unreadMessagesCount, 0);
  assert.equal(onDesk.unreadMessagesMentioned, false);
  assert.equal(onDesk.lastMessage.id, last.id);

  const { unread } = phone.sdk.Protocols.CommandType;
  const [frame] = await frames.first(({ cmd }) => cmd === unread);
  assert.equal(frame.i, null);
  const [tuple] = frame.unreadMessage.convs;
  assert.deepEqual([tuple.cid, tuple.unread, tuple.mid], [conversation.id, 0, last.id]);
});

scenario('C68 what was read stays read at the next login', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const [read, other] = [await startConversation(alice, [bob]), await startConversation(alice, [bob])];
  await fence(alice, read, bob);
  await other.send(alice.text('for later'));
  const theirs = await bob.client.getConversation(read.id);
  const frames = bob.device.frames();
  await theirs.read();
  await frames.first(({ unreadMessage }) => unreadMessage?.convs.some(({ cid }) => cid === read.id));

  const again = await stage.login('bob');
  const [conversations] = await unreadOf(again).first();
  assert.deepEqual(conversations.map(({ id }) => id), [other.id]);
});

scenario('C69 being online and confirming delivery does not read', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  await fence(alice, conversation, bob);
  await bob.client.close();
  const again = await stage.login('bob');
  const [[unread]] = await unreadOf(again).first();
  assert.equal(unread.unreadMessagesCount, 1);
});

scenario('C70 counts stop at 100', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, [stage.id('bob')]);
  await Promise.all(Array.from({ length: 103 }, (_, index) => conversation.send(alice.text(String(index)))));
  const bob = await stage.login('bob');
  const [[unread]] = await unreadOf(bob).first();
  assert.equal(unread.unreadMessagesCount, 100);
});

scenario('C71 reading up to a message leaves the later ones unread', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const { messages } = bob;
  const sent = [];
  for (const text of ['one', 'two', 'three']) sent.push(await conversation.send(alice.text(text)));
  await messages.first(({ id }) => id === sent[2].id);

  const { ReadCommand, ReadTuple, GenericCommand } = bob.sdk.Protocols;
  const frames = bob.device.frames();
  const convs = [new ReadTuple({ cid: conversation.id, mid: sent[1].id })];
  bob.client._send(new GenericCommand({ cmd: 'read', readMessage: new ReadCommand({ convs }) }), false);
  const [{ unreadMessage }] = await frames.first((frame) => frame.unreadMessage);
  assert.equal(unreadMessage.convs[0].unread, 1);
  assert.equal(unreadMessage.convs[0].mid, sent[2].id);
});

scenario("C72 one's own messages are never unread", async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  await conversation.send(alice.text('mine'));
  const theirs = await bob.client.getConversation(conversation.id);
  await theirs.send(bob.text('theirs'));

  const again = await stage.login('alice');
  const [[unread]] = await unreadOf(again).first();
  assert.equal(unread.unreadMessagesCount, 1);
  assert.equal(unread.lastMessage.text, 'theirs');
});
