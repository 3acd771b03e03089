import { Event, Realtime, TextMessage } from 'leancloud-realtime';

const { SERVER = 'http://127.0.0.1:8080', APP_ID = 'your app id', APP_KEY = 'your app key' } = process.env;
const ssl = SERVER.startsWith('https:');
const realtime = new Realtime({ appId: APP_ID, appKey: APP_KEY, server: SERVER, ssl });
const alice = await realtime.createIMClient('Alice');
const bob = await realtime.createIMClient('Bob');

bob.on(Event.INVITED, ({ invitedBy }, chat) => console.log(`Bob is invited to "${chat.name}" by ${invitedBy}`));
bob.on(Event.MESSAGE, async (message, chat) => {
  console.log(`Bob reads from ${message.from}: ${message.text}`);
  await chat.send(new TextMessage(`Hello, ${message.from}!`));
});
const answer = new Promise((resolve) => alice.once(Event.MESSAGE, resolve));

const chat = await alice.createConversation({ members: ['Bob'], name: 'Tea at five' });
const sent = await chat.send(new TextMessage('Hello, Bob!'));
console.log(`Alice sent message ${sent.id} to conversation ${chat.id}`);
console.log(`Alice reads from Bob: ${(await answer).text}`);

for (const { from, text } of await chat.queryMessages({ limit: 10 })) console.log(`  history | ${from}: ${text}`);
await Promise.all([alice.close(), bob.close()]);
