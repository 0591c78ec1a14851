/** Runs the built bundle in a process of its own, as a cold start: events come in as messages, answers go back. */

const { handler } = await import(process.argv[2]);

process.on('message', async ({ event, remainingMs }) => {
  const endsAtMs = performance.now() + remainingMs;
  const context = { awsRequestId: 'made-up-request', getRemainingTimeInMillis: () => endsAtMs - performance.now() };
  try {
    process.send({ result: await handler(event, context) });
  } catch (error) {
    process.send({ error: { name: error.name, message: error.message, kind: error.kind } });
  }
});
process.send('ready');
