// Connect with @polkadot/api, read state, submit a transfer and see it finalised. Usage: node transfer.mjs ws://HOST:PORT
// @polkadot/api is resolved from the folder in GANGLION_JS (installed there by tools/bootstrap.sh nodejs).
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.GANGLION_JS}/package.json`);
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { ApiPromise, WsProvider, Keyring } = (await load("@polkadot/api")).default ?? (await load("@polkadot/api"));

const deadline = setTimeout(() => fail(new Error("no result within 60 s")), 60_000);
function fail(error) {
  console.error(error);
  process.exit(1);
}

function finalised(transfer, sender) {
  return new Promise((resolve, reject) => {
    transfer
      .signAndSend(sender, ({ status, events, dispatchError }) => {
        if (dispatchError) reject(new Error(dispatchError.toString()));
        if (status.isFinalized) resolve({ block: status.asFinalized.toHex(), events: events.map(({ event }) => `${event.section}.${event.method}`) });
      })
      .catch(reject);
  });
}

async function main(url) {
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
  const keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
  const alice = keyring.addFromUri("//Alice");
  const receiver = keyring.addFromUri("//conformance//js").address;
  const amount = 12_345_678_901n;
  const before = (await api.query.system.account(receiver)).data.free.toBigInt();
  const { block, events } = await finalised(api.tx.balances.transferKeepAlive(receiver, amount), alice);
  const after = (await api.query.system.account(receiver)).data.free.toBigInt();
  const result = {
    chain: (await api.rpc.system.chain()).toString(),
    spec: api.runtimeVersion.specName.toString(),
    pallets: Object.keys(api.query).sort(),
    moved: (after - before).toString(),
    expected: amount.toString(),
    block,
    events,
    fee: (await api.tx.balances.transferKeepAlive(receiver, amount).paymentInfo(alice)).partialFee.toString(),
  };
  clearTimeout(deadline);
  await api.disconnect();
  console.log(JSON.stringify(result));
}

main(process.argv[2]).then(() => process.exit(0), fail);
