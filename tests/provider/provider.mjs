// A real OpenID provider (npm oidc-provider) over HTTPS, for the tests: node provider.mjs OIDC_PROVIDER CERTIFICATE KEY
//
// It prints `issuer URL` when it can be used. People sign in by saying who they are, by `login_hint` or on its page:
// what is tested is what comes after. Beside the provider's own paths, POST /test/lead-back lets clients have people
// come back to one more URL, POST /test/rotate gives it new keys, and POST /test/sign signs any claims with its present
// key: tokens that no honest provider makes.
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [module, certificate, key] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module));

const people = {
  jane: {
    email: 'jane@example.com', email_verified: true, preferred_username: 'jane.doe', tenant: 'kube',
    groups: ['developers', 'on-call: team 7'],
  },
  ann: { email: 'ann@example.com', email_verified: true, preferred_username: 'ann', groups: ['developers'] },
  // Nobody has checked joe's address, and his one group is no list.
  joe: { email: 'joe@example.com', email_verified: false, preferred_username: 'joe', tenant: 'elsewhere', groups: 'visitors' },
};

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
await new Promise(listening => server.listen(0, '127.0.0.1', listening));
const issuer = `https://127.0.0.1:${server.address().port}`;

const redirect_uris = [`${issuer}/signed-in`];
let rotation = 0;
let keys = newKeys();
let provider = newProvider(keys);
server.on('request', async (request, response) => {
  try {
    await answer(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
});
console.log(`issuer ${issuer}`);

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (pathname.startsWith('/interaction/')) {
    const { params } = await provider.interactionDetails(request, response);
    const accountId = params.login_hint ?? searchParams.get('as');
    if (!people[accountId]) {
      const links = Object.keys(people).map(name => `<a id="${name}" href="?as=${name}">${name}</a>`);
      response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Who are you?</title>${links.join(' ')}`);
      return;
    }
    await provider.interactionFinished(request, response, { login: { accountId } });
  } else if (pathname === '/signed-in') {
    response.end(searchParams.get('code') ?? request.url);
  } else if (pathname === '/test/rotate') {
    // The keys before stay published, so that their tokens stay good.
    keys = [...newKeys(), ...keys];
    provider = newProvider(keys);
    response.end();
  } else if (pathname === '/test/lead-back') {
    redirect_uris.push(await text(request));
    provider = newProvider(keys);
    response.end();
  } else if (pathname === '/test/sign') {
    response.end(signed(JSON.parse(await text(request))));
  } else {
    provider.callback()(request, response);
  }
}

function newProvider(keys) {
  const client = (client_id, id_token_signed_response_alg) => ({
    client_id, client_secret: `secret-of-${client_id}`, redirect_uris, id_token_signed_response_alg,
  });
  return new Provider(issuer, {
    clients: [client('kube-enroll', 'RS256'), client('elliptic', 'ES256'), client('another', 'RS256')],
    jwks: { keys },
    pkce: { required: () => false },
    cookies: { keys: ['of no worth: the tests are alone here'] },
    // What the scopes bring is in the ID token.
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'tenant'], email: ['email', 'email_verified'], profile: ['preferred_username'], groups: ['groups'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    // Nobody is asked whether a client may know them.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 60, Session: 3600 },
  });
}

function newKeys() {
  rotation += 1;
  const jwk = (alg, { privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: `${alg}-${rotation}`, use: 'sig', alg });
  return [
    jwk('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
    jwk('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  ];
}

// RFC 7515, section 3.1. Without an algorithm, RS256.
function signed({ alg = 'RS256', claims }) {
  const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwk = keys.find(key => key.alg === alg) ?? keys[0];
  const head = `${part({ alg, typ: 'JWT', kid: jwk.kid })}.${part(claims)}`;
  const signature = alg === 'none' ? '' : sign('sha256', Buffer.from(head), {
    key: jwk, format: 'jwk', dsaEncoding: 'ieee-p1363', padding: jwk.kty === 'RSA' ? constants.RSA_PKCS1_PADDING : undefined,
  });
  return `${head}.${Buffer.from(signature).toString('base64url')}`;
}
