// Typed messages: every class of the official plugin, one of the app's own, and unknown ones.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import { scenario, startConversation, SUITE } from '../support/stage.mjs';

const require = createRequire(import.meta.url);
const AV = require('leancloud-storage');
const initPlugin = require('leancloud-realtime-plugin-typed-messages');

AV.init({ appId: SUITE.appId, appKey: SUITE.appKey, serverURL: SUITE.server });

/** The plugin's classes, bound to the SDK copy of one device. */
const classes = new WeakMap();

function plugins(sdk) {
  const plugin = initPlugin(AV, sdk);
  classes.set(sdk, plugin);
  return [plugin.TypedMessagesPlugin];
}

/** A file that some other service holds already; the id is what an upload would have given it. */
function file(name, metaData) {
  const held = AV.File.withURL(name, `https://files.example.com/${encodeURIComponent(name)}`, metaData);
  // The storage SDK sets the size of a file it did not upload to 0.
  if (metaData?.size) held.metaData('size', metaData.size);
  held.id = '5e9c1f3a7d6b4a0012345678';
  return held;
}

async function pair(stage) {
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((name) => stage.login(name, { plugins })));
  return { alice, bob, conversation: await startConversation(alice, [bob]) };
}

const FILES = [
  ['ImageMessage', -2, 'café 猫.jpg', { width: 640, height: 480, size: 18_321, format: 'jpg' }],
  ['AudioMessage', -3, 'voice.mp3', { duration: 3.8, size: 20_011, format: 'mp3' }],
  ['VideoMessage', -4, 'clip.mp4', { duration: 12.04, width: 1280, height: 720, size: 918_020 }],
  ['FileMessage', -6, 'report.pdf', { size: 301_999 }],
];

for (const [kind, type, name, metaData] of FILES) {
  scenario(`C53 an ${kind} (type ${type}) arrives with its file, live and in history`, async (stage) => {
    const { alice, bob, conversation } = await pair(stage);
    const { messages } = bob;
    const sent = new (classes.get(alice.sdk)[kind])(file(name, metaData));
    sent.setText('look').setAttributes({ album: 'spring', tags: ['a', 'b'] });
    await conversation.send(sent);

    const [live, theirs] = await messages.first();
    const [stored] = await theirs.queryMessages({ type });
    for (const message of [live, stored]) {
      assert.ok(message instanceof classes.get(bob.sdk)[kind]);
      assert.equal(message.type, type);
      assert.equal(message.text, 'look');
      assert.deepEqual(message.attributes, { album: 'spring', tags: ['a', 'b'] });
      assert.equal(message.getFile().url(), sent.getFile().url());
      assert.equal(message.getFile().name(), name);
      assert.deepEqual(message.content, JSON.parse(JSON.stringify(sent.getPayload())));
      for (const [key, value] of Object.entries(metaData)) assert.equal(message.getFile().metaData(key), value);
    }
  });
}

scenario('C53 a LocationMessage (type -5) arrives with its point, live and in history', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const { messages } = bob;
  const { LocationMessage } = classes.get(alice.sdk);
  await conversation.send(new LocationMessage(new AV.GeoPoint(-31.3753285, 120.9664658)).setText('here'));

  const [live, theirs] = await messages.first();
  const [stored] = await theirs.queryMessages({ type: -5 });
  for (const message of [live, stored]) {
    assert.ok(message instanceof classes.get(bob.sdk).LocationMessage);
    assert.equal(message.text, 'here');
    const { latitude, longitude } = message.getLocation();
    assert.deepEqual({ latitude, longitude }, { latitude: -31.3753285, longitude: 120.9664658 });
  }
});

/** A typed message of the app's own, made for one copy of the SDK. */
function operationClass(sdk) {
  class OperationMessage extends sdk.TypedMessage {}
  sdk.messageType(1)(OperationMessage);
  sdk.messageField('op')(OperationMessage);
  return OperationMessage;
}

scenario('C53 a registered custom type arrives as its class with its fields', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const { messages } = bob;
  const Sent = operationClass(alice.sdk);
  const Received = operationClass(bob.sdk);
  bob.device.realtime.register(Received);
  const message = new Sent();
  message.op = { kind: 'reserve', seats: [1, 2] };
  await conversation.send(message);

  const [live, theirs] = await messages.first();
  const [stored] = await theirs.queryMessages({ type: 1 });
  for (const received of [live, stored]) {
    assert.ok(received instanceof Received);
    assert.deepEqual(received.op, { kind: 'reserve', seats: [1, 2] });
  }
});

scenario('C53 a type that the receiver does not know arrives as a plain message', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const { messages } = bob;
  const content = { _lctype: 77, _lctext: 'from the future', extra: { nested: [true, null] } };
  await conversation.send(new alice.sdk.Message(JSON.stringify(content)));

  const [message] = await messages.first();
  assert.ok(!(message instanceof bob.sdk.TypedMessage));
  assert.deepEqual(message.content, content);
});

scenario('C29 a typed last message comes with the conversation', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const { ImageMessage } = classes.get(alice.sdk);
  const sent = await conversation.send(new ImageMessage(file('last.png')));
  const carol = await stage.login('carol', { plugins });
  const [found] = await carol.client
    .getQuery()
    .equalTo('objectId', conversation.id)
    .withLastMessagesRefreshed()
    .find();
  assert.ok(found.lastMessage instanceof classes.get(carol.sdk).ImageMessage);
  assert.equal(found.lastMessage.id, sent.id);
  assert.equal(found.lastMessage.getFile().url(), 'https://files.example.com/last.png');
  assert.ok(bob.id);
});
