// An app that signs everything, on a server that demands it (W40, W42, W43, W44).

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before } from 'node:test';

import { CREDENTIALS, Parlor, UNLIMITED } from '../support/parlor.mjs';
import { refusal, scenario, startConversation } from '../support/stage.mjs';

let parlor;

before(async () => {
  parlor = await Parlor.start({
    settings: {
      ...UNLIMITED,
      PARLOR_SIGNATURE__LOGIN: 'true',
      PARLOR_SIGNATURE__CONVERSATION: 'true',
      PARLOR_SIGNATURE__BLACKLIST: 'true',
    },
  });
});

after(() => parlor?.stop());

/** What the app's server does: signs the parts, with the time and a nonce before the action. */
function sign(parts, ...action) {
  const timestamp = Date.now();
  const nonce = randomUUID();
  const text = [CREDENTIALS.appId, ...parts, timestamp, nonce, ...action].join(':');
  const signature = createHmac('sha1', CREDENTIALS.masterKey).update(text).digest('hex');
  return { signature, timestamp, nonce };
}

const factories = {
  signatureFactory: (clientId) => sign([clientId, '']),
  conversationSignatureFactory: (conversationId, clientId, members, action) =>
    action === 'create'
      ? sign([clientId, members.join(':')])
      : sign([clientId, conversationId, members.join(':')], action),
  blacklistSignatureFactory: (conversationId, clientId, members, action) =>
    sign([clientId, conversationId, members.join(':')], action),
};

/** Logs a member in with the app's signatures, less those that are left out. */
function login(stage, name, without) {
  const signing = { ...factories };
  if (without) delete signing[without];
  return stage.device({ server: parlor.url }).login(name, signing);
}

scenario('W40 who signs logs in and who does not is refused', async (stage) => {
  const alice = await login(stage, 'alice');
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
  await assert.rejects(login(stage, 'bob', 'signatureFactory'), refusal(4102, 'SIGNATURE_FAILED'));
});

scenario('W42 W43 starting, adding and removing are signed', async (stage) => {
  const [alice, bob] = await Promise.all([login(stage, 'alice'), login(stage, 'bob')]);
  const conversation = await startConversation(alice, [bob]);
  const carol = stage.id('carol');
  await conversation.add([carol]);
  assert.ok(conversation.members.includes(carol));
  await conversation.remove([carol]);
  assert.ok(!conversation.members.includes(carol));

  const unsigned = await login(stage, 'dave', 'conversationSignatureFactory');
  const failed = refusal(4302, 'CONVERSATION_SIGNATURE_FAILED');
  await assert.rejects(unsigned.client.createConversation({ members: [bob.id] }), failed);
  const found = await unsigned.client.getConversation(conversation.id);
  await assert.rejects(found.join(), failed);
});

scenario('W44 blocking is signed', async (stage) => {
  const [alice, bob] = await Promise.all([login(stage, 'alice'), login(stage, 'bob')]);
  const conversation = await startConversation(alice, [bob]);
  const { successfulClientIds } = await conversation.blockMembers([bob.id]);
  assert.deepEqual(successfulClientIds, [bob.id]);

  const unsigned = await login(stage, 'carol', 'blacklistSignatureFactory');
  const own = await startConversation(unsigned, [alice]);
  await assert.rejects(own.blockMembers([alice.id]), refusal(4546, 'BLACKLIST_SIGNATURE_FAILED'));
});
