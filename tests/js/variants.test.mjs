// Variants of a page of Read; run by tests/unit/test_component.py with `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isSame, variantAt, variantsOf } from "../../genomebook/render/component/variants.js";

const feature = (track, start, end, name = "") => ({ track, start, end, name });
const PAGE = {
  tracks: [{ name: "calls", kind: "variant" }, { name: "repeats", kind: "repeat" }, { name: "own", kind: "variant" }],
  features: [feature("calls", 30, 40, "long"), feature("repeats", 0, 99), feature("own", 10, 10, "insertion"), feature("calls", 35, 36, "rs1")],
};

test("the variants of a page are those of its tracks of variants, in order", () => {
  assert.deepEqual(variantsOf(PAGE).map((each) => each.name), ["insertion", "long", "rs1"]);
  assert.deepEqual(variantsOf(null), []);
});

test("the shortest variant at a letter is chosen", () => {
  assert.equal(variantAt(PAGE, 35).name, "rs1");
  assert.equal(variantAt(PAGE, 36).name, "long");
  assert.equal(variantAt(PAGE, 10).name, "insertion");
  assert.equal(variantAt(PAGE, 11), null);
  assert.equal(variantAt(PAGE, 40), null);
});

test("a variant is the same by track, place and name", () => {
  assert.ok(isSame(feature("a", 1, 2, "x"), feature("a", 1, 9, "x")));
  assert.ok(!isSame(feature("a", 1, 2, "x"), feature("b", 1, 2, "x")));
});
