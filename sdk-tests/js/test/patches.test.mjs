// Editing and recalling: what the others see at once, after an absence, and in history.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import { EventLog, next } from '../support/events.mjs';
import { fence, refusal, scenario, startConversation, SUITE } from '../support/stage.mjs';

const require = createRequire(import.meta.url);

scenario('C79 an edited message arrives with its text, mentions and time of change', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const { MESSAGE_UPDATE } = bob.sdk.Event;
  const { messages } = bob.watch(MESSAGE_UPDATE);
  const sent = await conversation.send(alice.text('tpyo'));
  const [received, theirs] = await messages.first();
  assert.deepEqual(received.updatedAt, received.timestamp);
  const onConversation = EventLog.of(theirs, MESSAGE_UPDATE);

  const edited = await conversation.update(sent, alice.text('typo').setMentionList([bob.id]));
  assert.equal(edited.id, sent.id);
  assert.equal(conversation.lastMessage.text, 'typo');

  const [message, where, reason] = await bob.log(MESSAGE_UPDATE).first();
  assert.ok(message instanceof bob.sdk.TextMessage);
  assert.equal(where, theirs);
  assert.equal(reason, undefined, 'a user edit has no reason');
  assert.deepEqual([message.id, message.from, message.text], [sent.id, alice.id, 'typo']);
  assert.deepEqual(message.timestamp, sent.timestamp);
  assert.ok(message.updatedAt > message.timestamp);
  assert.deepEqual([message.mentionList, message.mentioned], [[bob.id], true]);
  assert.equal(theirs.lastMessage.text, 'typo');
  await onConversation.atLeast(1);

  const [logged] = await theirs.queryMessages({});
  assert.equal(logged.text, 'typo');
  assert.deepEqual(logged.updatedAt, message.updatedAt);
  assert.deepEqual(logged.mentionList, [bob.id]);

  await conversation.update(sent, alice.text('nobody in particular'));
  const [again] = await bob.log(MESSAGE_UPDATE).first(({ text }) => text === 'nobody in particular');
  assert.deepEqual([again.mentionList, again.mentioned], [[], false]);
  assert.ok(again.updatedAt > message.updatedAt);
});

scenario('C79 a recalled message is one everywhere', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const { MESSAGE_RECALL, MESSAGE_UPDATE } = bob.sdk.Event;
  const { messages } = bob.watch(MESSAGE_RECALL, MESSAGE_UPDATE);
  const sent = await conversation.send(alice.text('oops'));
  const [, theirs] = await messages.first();

  const recalled = await conversation.recall(sent);
  assert.ok(recalled instanceof alice.sdk.RecalledMessage);
  const [message] = await bob.log(MESSAGE_RECALL).first();
  assert.ok(message instanceof bob.sdk.RecalledMessage);
  assert.deepEqual([message.id, message.from], [sent.id, alice.id]);
  assert.ok(theirs.lastMessage instanceof bob.sdk.RecalledMessage);
  assert.deepEqual(bob.log(MESSAGE_UPDATE).entries, []);

  const [logged] = await theirs.queryMessages({});
  assert.ok(logged instanceof bob.sdk.RecalledMessage);
  assert.equal(logged.id, sent.id);
  assert.deepEqual(JSON.parse(JSON.stringify(logged.getPayload())), { _lctype: -127 });

  const carol = await stage.login('carol');
  const query = carol.client.getQuery().equalTo('objectId', conversation.id).withLastMessagesRefreshed();
  const [found] = await query.find();
  assert.equal(found.lastMessage.id, sent.id);
  assert.ok(found.lastMessage instanceof carol.sdk.RecalledMessage);
  await assert.rejects(conversation.update(sent, alice.text('back')), refusal(4404, 'MESSAGE_NOT_FOUND'));
});

scenario('C79 typed messages and bytes are edited as what they are', async (stage) => {
  const AV = require('leancloud-storage');
  AV.init({ appId: SUITE.appId, appKey: SUITE.appKey, serverURL: SUITE.server });
  const initPlugin = require('leancloud-realtime-plugin-typed-messages');
  const classes = new Map();
  const plugins = (sdk) => {
    classes.set(sdk, initPlugin(AV, sdk));
    return [classes.get(sdk).TypedMessagesPlugin];
  };
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((name) => stage.login(name, { plugins })));
  const conversation = await startConversation(alice, [bob]);
  const { MESSAGE_UPDATE } = bob.sdk.Event;
  bob.watch(MESSAGE_UPDATE);
  const at = (latitude, longitude) => new AV.GeoPoint(latitude, longitude);
  const { LocationMessage } = classes.get(alice.sdk);

  const place = await conversation.send(new LocationMessage(at(31.3, 121.4)).setText('here'));
  await conversation.update(place, new LocationMessage(at(-33.9, 18.4)).setText('no, here').setAttributes({ a: 1 }));
  const [moved] = await bob.log(MESSAGE_UPDATE).first(({ id }) => id === place.id);
  assert.ok(moved instanceof classes.get(bob.sdk).LocationMessage);
  assert.deepEqual([moved.getLocation().latitude, moved.getLocation().longitude], [-33.9, 18.4]);
  assert.deepEqual([moved.text, moved.attributes], ['no, here', { a: 1 }]);

  const { BinaryMessage } = alice.sdk;
  const bytes = await conversation.send(new BinaryMessage(new Uint8Array([1, 2]).buffer));
  await conversation.update(bytes, new BinaryMessage(new Uint8Array([0, 255, 128]).buffer));
  // The SDK hands edited bytes to its parser in a form that it takes for no message of bytes.
  await bob.log(MESSAGE_UPDATE).first(({ id }) => id === bytes.id);
  const theirs = await bob.client.getConversation(conversation.id);
  const changed = (await theirs.queryMessages({})).find(({ id }) => id === bytes.id);
  assert.ok(changed instanceof bob.sdk.BinaryMessage);
  assert.deepEqual([...new Uint8Array(changed.buffer)], [0, 255, 128]);
});

scenario('C4 a listener that is added when the edit has resolved hears of it', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  const bob = await device.login('bob');
  const conversation = await startConversation(alice, [bob]);
  const { messages } = bob;
  const sent = await conversation.send(alice.text('one'));
  await messages.first(({ id }) => id === sent.id);
  await conversation.update(sent, alice.text('two'));
  const [message] = await next(bob.client, bob.sdk.Event.MESSAGE_UPDATE);
  assert.equal(message.text, 'two');
});

scenario("C80 the author's other device hears of an edit, the editing one does not", async (stage) => {
  const [phone, desk, bob] = await stage.logins('alice', 'alice', 'bob');
  const { MESSAGE_UPDATE } = phone.sdk.Event;
  const conversation = await startConversation(phone, [bob]);
  for (const login of [phone, desk]) login.watch(MESSAGE_UPDATE);
  const { messages } = desk;
  const sent = await conversation.send(phone.text('one'));
  await messages.first();
  await conversation.update(sent, phone.text('two'));
  const [message] = await desk.log(MESSAGE_UPDATE).first();
  assert.equal(message.text, 'two');
  await phone.client.ping([phone.id]);
  assert.deepEqual(phone.log(MESSAGE_UPDATE).entries, []);
});

scenario('C81 who was away hears of edits and recalls when it is back', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { MESSAGE_UPDATE, MESSAGE_RECALL, RECONNECT } = bob.sdk.Event;
  const conversation = await startConversation(alice, [bob]);
  const { messages } = bob.watch(MESSAGE_UPDATE, MESSAGE_RECALL);
  const seen = await conversation.send(alice.text('seen'));
  await messages.first();

  bob.device.realtime.pause();
  const unseen = await conversation.send(alice.text('unseen'));
  await conversation.update(unseen, alice.text('still unseen'));
  await conversation.recall(seen);
  const reconnected = next(bob.client, RECONNECT);
  bob.device.realtime.resume();
  await reconnected;
  const [recalled] = await bob.log(MESSAGE_RECALL).first();
  assert.equal(recalled.id, seen.id);
  const [updated] = await bob.log(MESSAGE_UPDATE).first();
  assert.deepEqual([updated.id, updated.text], [unseen.id, 'still unseen']);

  // Known now: another reconnect tells nothing again.
  const again = next(bob.client, RECONNECT);
  bob.device.breakSocket();
  await again;
  await fence(alice, conversation, bob);
  assert.equal(bob.log(MESSAGE_RECALL).entries.length, 1);
  assert.equal(bob.log(MESSAGE_UPDATE).entries.length, 1);
});

scenario('C82 only its author edits a message, and within the size', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const sent = await conversation.send(alice.text('mine'));
  const theirs = await bob.client.getConversation(conversation.id);
  // The SDK itself refuses a message of somebody else, but not a description of one.
  const described = { id: sent.id, timestamp: sent.timestamp };
  await assert.rejects(theirs.update(described, bob.text('no, mine')), refusal(4403, 'MESSAGE_OWNERSHIP_REQUIRED'));
  await assert.rejects(theirs.recall(described), refusal(4403, 'MESSAGE_OWNERSHIP_REQUIRED'));
  const unknown = { id: 'fptKnuYYQMGdiSt_Zs7zDA', timestamp: sent.timestamp };
  await assert.rejects(conversation.recall(unknown), refusal(4404, 'MESSAGE_NOT_FOUND'));
  const long = alice.text('x'.repeat(6 * 1024));
  await assert.rejects(conversation.update(sent, long), refusal(4109, 'FRAME_TOO_LONG'));
  const [logged] = await theirs.queryMessages({});
  assert.equal(logged.text, 'mine');
});

scenario('C84 the unread report shows the edited last message', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, [stage.id('bob')]);
  await conversation.send(alice.text('one'));
  const sent = await conversation.send(alice.text('two'));
  await conversation.update(sent, alice.text('two, edited'));
  const bob = await stage.login('bob');
  const [[unread]] = await bob.log(bob.sdk.Event.UNREAD_MESSAGES_COUNT_UPDATE).first();
  assert.equal(unread.unreadMessagesCount, 2);
  assert.deepEqual([unread.lastMessage.id, unread.lastMessage.text], [sent.id, 'two, edited']);
  assert.ok(unread.lastMessage.updatedAt > unread.lastMessage.timestamp);
});
