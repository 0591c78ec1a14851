import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createFixedSecretSource, createSecretSource } from '../../src/aws/secret-source.ts';
import type { Credentials } from '../../src/ports.ts';
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
  const client = new SecretsManagerClient({
    endpoint: server.endpoint,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const clock = createHurriedClock();
  const source = createSecretSource({ client, secretId: 'ditio/contract', clock, random: createSeededRandom() });
  return {
    source,
    rotate: put,
    breakAccess: () => server.fail({ kind: 'error', status: 400, name: 'AccessDeniedException' }),
    async close() {
      client.destroy();
      await server.close();
    },
  };
});
