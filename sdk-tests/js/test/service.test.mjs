// Service conversations: a client subscribes, hears broadcasts, and speaks to the app's server.

import assert from 'node:assert/strict';

import { CREDENTIALS } from '../support/parlor.mjs';
import { SUITE, scenario } from '../support/stage.mjs';

/** Asks for something as the app's server does. */
async function ask(method, path, body) {
  const answer = await fetch(`${SUITE.server}/1.2/rtm/service-conversations${path}`, {
    method,
    headers: {
      'X-LC-Id': SUITE.appId,
      'X-LC-Key': `${CREDENTIALS.masterKey},master`,
      'Content-Type': 'application/json',
    },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path} was answered with ${answer.status}`);
  return answer.json();
}

const text = (words) => JSON.stringify({ _lctype: -1, _lctext: words });

scenario('C52 a client subscribes, hears broadcasts and unsubscribes', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { objectId } = await ask('POST', '', { name: 'News' });
  const news = await alice.client.getConversation(objectId);
  assert.ok(news instanceof alice.sdk.ServiceConversation);
  assert.equal(news.system, true);
  assert.equal(news.name, 'News');

  const [heard, overheard] = [alice.messages, bob.messages];
  await news.subscribe();
  assert.equal(await news.count(), 1);
  const sent = await ask('POST', `/${objectId}/broadcasts`, { from_client: 'desk', message: text('hello') });
  const [message, where] = await heard.first(({ id }) => id === sent['msg-id']);
  assert.equal(message.text, 'hello');
  assert.equal(message.from, 'desk');
  assert.equal(where.id, objectId);

  await ask('POST', `/${objectId}/messages`, {
    from_client: 'desk',
    message: text('for bob'),
    to_clients: [bob.id],
  });
  const [forBob] = await overheard.first();
  assert.equal(forBob.text, 'for bob');

  await news.unsubscribe();
  assert.equal(await news.count(), 0);
  await ask('POST', `/${objectId}/broadcasts`, { from_client: 'desk', message: text('missed') });
  await ask('POST', `/${objectId}/messages`, {
    from_client: 'desk',
    message: text('fence'),
    to_clients: [alice.id],
  });
  await heard.first((one) => one.text === 'fence');
  assert.deepEqual(
    heard.entries.map(([one]) => one.text),
    ['hello', 'fence'],
  );
  assert.equal(overheard.entries.length, 1);
});

scenario('C52 what a client says is in its own history and in no other', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { objectId } = await ask('POST', '', { name: 'Help' });
  const ofAlice = await alice.client.getConversation(objectId);
  const ofBob = await bob.client.getConversation(objectId);
  const sent = await ofAlice.send(alice.text('help me'));
  const [logged] = await ofAlice.queryMessages();
  assert.equal(logged.id, sent.id);
  assert.deepEqual(await ofBob.queryMessages(), []);
});

scenario('a broadcast that was missed is unread at login', async (stage) => {
  const { objectId } = await ask('POST', '', { name: 'Later' });
  await ask('POST', `/${objectId}/subscribers`, { client_id: stage.id('carol') });
  const sent = await ask('POST', `/${objectId}/broadcasts`, { from_client: 'desk', message: text('news') });
  const device = stage.device();
  const carol = await device.login('carol');
  const [[conversation]] = await carol
    .log(carol.sdk.Event.UNREAD_MESSAGES_COUNT_UPDATE)
    .first(([one]) => one.id === objectId);
  assert.equal(conversation.unreadMessagesCount, 1);
  assert.equal(conversation.lastMessage.id, sent['msg-id']);
});
