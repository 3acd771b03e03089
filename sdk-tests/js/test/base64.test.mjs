// The text form of the protocol, for platforms whose sockets carry no bytes (`noBinary: true`).

import assert from 'node:assert/strict';

import { next } from '../support/events.mjs';
import { fence, refusal, scenario, startConversation } from '../support/stage.mjs';

const TEXT_FRAMES = { noBinary: true };

scenario('W6 a client on text frames logs in and every frame is base64 text', async (stage) => {
  const alice = await stage.login('alice', TEXT_FRAMES);
  const received = [];
  alice.device.socket.addEventListener('message', ({ data }) => received.push(data));
  assert.equal(alice.device.socket.protocol, 'lc.proto2base64.3');
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
  assert.equal(received.length, 1);
  assert.match(received[0], /^[A-Za-z0-9+/]+={0,2}$/);
});

scenario('C53 text and binary clients talk to each other', async (stage) => {
  const alice = await stage.login('alice', TEXT_FRAMES);
  const bob = await stage.login('bob');
  const [toAlice, toBob] = [alice.messages, bob.messages];
  const conversation = await startConversation(alice, [bob], { name: '茶' });
  await conversation.send(alice.text('😀 from text'));
  const [heard, theirs] = await toBob.first();
  assert.equal(heard.text, '😀 from text');
  assert.equal(theirs.name, '茶');
  await theirs.send(bob.text('from binary'));
  assert.equal((await toAlice.first())[0].text, 'from binary');
  const history = await conversation.queryMessages({});
  assert.deepEqual(history.map(({ text }) => text), ['😀 from text', 'from binary']);
});

scenario('C59 bytes cross from text frames to binary ones and back', async (stage) => {
  const alice = await stage.login('alice', TEXT_FRAMES);
  const bob = await stage.login('bob');
  const [toAlice, toBob] = [alice.messages, bob.messages];
  const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
  const conversation = await startConversation(alice, [bob]);
  await conversation.send(new alice.sdk.BinaryMessage(bytes.buffer));
  const [heard, theirs] = await toBob.first();
  assert.deepEqual(new Uint8Array(heard.buffer), bytes);
  await theirs.send(new bob.sdk.BinaryMessage(bytes.slice().reverse().buffer));
  assert.deepEqual(new Uint8Array((await toAlice.first())[0].buffer), bytes.slice().reverse());
});

scenario('C15 membership, updates and unread counts arrive on text frames', async (stage) => {
  const alice = await stage.login('alice', TEXT_FRAMES);
  const bob = await stage.login('bob', TEXT_FRAMES);
  const { INVITED, CONVERSATION_INFO_UPDATED, KICKED } = bob.sdk.Event;
  bob.watch(INVITED, CONVERSATION_INFO_UPDATED, KICKED);
  const conversation = await startConversation(alice, []);
  await conversation.add([bob.id]);
  await bob.log(INVITED).first();
  await conversation.set('name', 'text').save();
  const [{ attributes }] = await bob.log(CONVERSATION_INFO_UPDATED).first();
  assert.deepEqual(attributes, { name: 'text' });
  await fence(alice, conversation, bob);

  const again = await stage.login('bob', TEXT_FRAMES);
  const [[unread]] = await again.log(again.sdk.Event.UNREAD_MESSAGES_COUNT_UPDATE).first();
  assert.equal(unread.unreadMessagesCount, 1);
  await conversation.remove([bob.id]);
  await bob.log(KICKED).first();
});

scenario('errors arrive by name on text frames and the socket stays usable', async (stage) => {
  const alice = await stage.login('alice', TEXT_FRAMES);
  const conversation = await startConversation(alice, []);
  await assert.rejects(conversation.send(alice.text('x'.repeat(6 * 1024))), refusal(4109, 'FRAME_TOO_LONG'));
  await conversation.send(alice.text('short'));
});

scenario('W63 a broken socket reconnects on text frames', async (stage) => {
  const alice = await stage.login('alice', TEXT_FRAMES);
  const reconnected = next(alice.client, alice.sdk.Event.RECONNECT);
  alice.device.breakSocket();
  await reconnected;
  assert.equal(alice.device.socket.protocol, 'lc.proto2base64.3');
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});
