import { assertEquals, assertThrows } from "@std/assert";
import { signatureHeaders, signingKey } from "../../../../backends/relay/webhook_signature.ts";

Deno.test("a signature is that of the example of Standard Webhooks", () => {
  const key = signingKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  const { "webhook-signature": signature } = signatureHeaders(
    key,
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330,
    '{"test": 2432232314}',
  );
  assertEquals(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

Deno.test("a secret that is short protects nothing, and is refused", () => {
  assertThrows(() => signingKey("short"), RangeError);
  assertEquals(signingKey("0123456789abcdef").length, 16);
});
