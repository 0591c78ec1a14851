import { createFixedSecretSource, createSecretSource } from '../../src/aws/secret-source.ts';
import type { Credentials } from '../../src/ports.ts';
import { connect } from '../fakes/aws.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createMemorySecretSource } from '../fakes/memory-secret-source.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { startSecretsServer } from '../fakes/secrets-server.ts';
import { secretSourceSuite } from './secret-source.ts';

secretSourceSuite('fake in memory', async (credentials) => {
  const source = createMemorySecretSource(credentials);
  return { source, rotate: source.rotate, breakAccess: source.breakAccess, close: async () => {} };
});

secretSourceSuite('fixed', async (credentials) => {
  const source = createFixedSecretSource(credentials);
  return { source, rotate: null, breakAccess: null, close: async () => {} };
});

secretSourceSuite('Secrets Manager (stub server)', async (credentials) => {
  const server = await startSecretsServer('ditio/contract');
  const put = ({ clientId, clientSecret }: Credentials) =>
    server.put({ SecretString: JSON.stringify({ client_id: clientId, client_secret: clientSecret }) });
  put(credentials);
  const clock = createHurriedClock();
  const clients = connect({ AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint });
  const source = createSecretSource({
    client: clients.secrets,
    secretId: 'ditio/contract',
    clock,
    random: createSeededRandom(),
  });
  return {
    source,
    rotate: put,
    breakAccess: () => server.fail({ kind: 'error', status: 400, name: 'AccessDeniedException' }),
    async close() {
      clients.destroy();
      await server.close();
    },
  };
});
