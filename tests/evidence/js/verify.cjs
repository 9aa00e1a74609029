// Verifies a Sigstore bundle with sigstore-js. Reads {bundle, keys, authorities} as JSON from stdin:
// keys are DER by their hint, authorities chains of DER from leaf to root, all in base64. Says "ok",
// or the code of the refusal and exits 1.
'use strict';
const { bundleFromJSON } = require('@sigstore/bundle');
const { toSignedEntity, toTrustMaterial, Verifier } = require('@sigstore/verify');

const der = (text) => Buffer.from(text, 'base64');
const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const keys = Object.fromEntries(
  Object.entries(given.keys).map(([hint, text]) => [hint, { rawBytes: der(text) }]),
);
const timestampAuthorities = given.authorities.map((chain) => ({
  certChain: { certificates: chain.map((text) => ({ rawBytes: der(text) })) },
}));
const roots = { timestampAuthorities, certificateAuthorities: [], tlogs: [], ctlogs: [] };

try {
  const bundle = bundleFromJSON(given.bundle);
  const verifier = new Verifier(toTrustMaterial(roots, keys), {
    tlogThreshold: 0,
    ctlogThreshold: 0,
    timestampThreshold: timestampAuthorities.length,
  });
  verifier.verify(toSignedEntity(bundle));
  console.log('ok');
} catch (error) {
  console.log(error.code || error.name);
  process.exitCode = 1;
}
