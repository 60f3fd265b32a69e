import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CitizenBrowser, type TestFile } from "../../test/citizen-browser.ts";
import { demonstrationSeed } from "../../test/demonstration-seed.ts";
import { createTestInstance, type TestInstance } from "../../test/test-instance.ts";
import { kept } from "../../test/typed-answers.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await createTestInstance({ hosts: ["metropole"], seed: demonstrationSeed(["metropole"]) });
});
afterAll(() => instance[Symbol.asyncDispose]());

const DESCRIPTION = { description: "Un canapé devant le numéro 12." };

/** A browser at the page that asks for photos. */
async function atPhotos(): Promise<CitizenBrowser> {
  const browser = new CitizenBrowser(instance, instance.host);
  await browser.open("/demarches/signaler-un-probleme?commune=57751");
  await browser.send({});
  await browser.send({ type: "depot-sauvage" });
  await browser.send({
    "place.commune": "57751",
    "place.precision": "address",
    "place.address": "12 rue du Fort",
  });
  return browser;
}

/** A photo as a phone makes it: turned by its EXIF, with the camera and the position inside. */
async function phonePhoto(width = 3000, height = 1500): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: "#7a9" } })
    .withExif({
      IFD0: { Make: "Appareil d'exemple", Orientation: "6" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "49/1 7/1 12/1" },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
}
const file = (name: string, bytes: Buffer): TestFile => ({ field: "photos", name, bytes });
const photoPaths = (browser: CitizenBrowser) => [
  ...new Set(
    [...browser.page.body.matchAll(/src="(\/dem[^"]*\/fichiers\/[^"]*)"/g)].map(([, path]) => path ?? ""),
  ),
];

it("draws a photo again: upright, at most 2048 pixels, with nothing of what the camera wrote", async () => {
  const sent = await phonePhoto();
  expect((await sharp(sent).metadata()).exif).toBeDefined();
  const browser = await atPhotos();
  await browser.send({ ...DESCRIPTION, action: "later" }, { files: [file("IMG_0001.JPG", sent)] });
  await browser.open(/href="([^"]*\/details)"/.exec(browser.page.body)?.[1] ?? "");
  const [path = ""] = photoPaths(browser);
  const photo = await browser.open(path);
  expect(photo.statusCode).toBe(200);
  expect(photo.headers).toMatchObject({
    "content-type": "image/jpeg",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
  });
  expect(photo.headers["content-disposition"]).toMatch(/^inline; filename="photo-/);
  const { width, height, exif, orientation, icc } = await sharp(photo.rawPayload).metadata();
  expect([width, height, exif, orientation, icc]).toEqual([1024, 2048, undefined, undefined, undefined]);
  expect(photo.rawPayload.includes("Appareil")).toBe(false);
});

it("keeps photos through a page in error, lets one be removed, and shows them once sent to who has the code", async () => {
  const browser = await atPhotos();
  const photo = await phonePhoto(300, 200);
  await browser.send({ description: "" }, { files: [file("un.jpg", photo), file("deux.jpg", photo)] });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toMatch(/un\.jpg .* deux\.jpg/);
  const [first = ""] = photoPaths(browser);
  await browser.send({ ...DESCRIPTION, "photos.remove": first.split("/").at(-1) ?? "" });
  await browser.send({ email: "", phone: "", name: "" });
  expect(browser.text()).toContain("1 photo");
  await browser.send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
  const { number } = kept(browser);
  await browser.open(`/demandes/${number}`);
  const [shown = ""] = photoPaths(browser);
  expect((await browser.open(shown)).statusCode).toBe(200);
  const stranger = new CitizenBrowser(instance, instance.host);
  expect((await stranger.open(shown)).statusCode).toBe(404);
  expect((await stranger.open(`/demandes/${number}/fichiers/pas-un-id`)).statusCode).toBe(404);
});

it("refuses what isn't a photo, whatever it is called, and says why", async () => {
  const browser = await atPhotos();
  const pdf = Buffer.from("%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n");
  const html = Buffer.from("<html><script>alert(1)</script></html>");
  const broken = (await phonePhoto(300, 200)).subarray(0, 600);
  await browser.send(DESCRIPTION, {
    files: [file("facture.jpg", pdf), file("page.png", html), file("coupée.jpg", broken)],
  });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("« facture.jpg » n'est pas une photo");
  expect(browser.text()).toContain("« page.png » n'est pas une photo");
  expect(browser.text()).toContain("« coupée.jpg » est abîmée");
  expect(browser.page.body).toContain("Un canapé devant le numéro 12.");
  expect(photoPaths(browser)).toEqual([]);
});

it("refuses a file over 10 MB and a fourth photo, and keeps the others", async () => {
  const browser = await atPhotos();
  const photo = await phonePhoto(300, 200);
  const heavy = Buffer.concat([photo, Buffer.alloc(10 * 1024 * 1024)]);
  await browser.send(DESCRIPTION, {
    files: [file("lourde.jpg", heavy), ...["a", "b", "c", "d"].map((name) => file(`${name}.jpg`, photo))],
  });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("« lourde.jpg » est trop lourde");
  expect(browser.text()).toContain("« d.jpg » n'a pas été ajoutée");
  expect(photoPaths(browser)).toHaveLength(3);
});

it("keeps photos when the page stayed open too long", async () => {
  const browser = await atPhotos();
  await browser.send(DESCRIPTION, { files: [file("un.jpg", await phonePhoto(300, 200))], csrf: "expired" });
  expect(browser.page.statusCode).toBe(422);
  expect(browser.text()).toContain("un.jpg");
});

it("shows a draft's photos to whoever has its token only", async () => {
  const browser = await atPhotos();
  await browser.send({ description: "" }, { files: [file("un.jpg", await phonePhoto(300, 200))] });
  const [path = ""] = photoPaths(browser);
  const other = await atPhotos();
  const token = /formulaire\/([^/]*)\//.exec(other.url)?.[1] ?? "";
  const stolen = path.replace(/formulaire\/[^/]*/, `formulaire/${token}`);
  expect((await other.open(stolen)).statusCode).toBe(404);
});
