package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// remote are the file systems whose files are elsewhere: locks on them may be no locks,
// and what was written may not be there after a crash. The numbers are those of statfs(2).
var remote = map[uint32]string{
	0x6969: "NFS", 0xFF534D42: "CIFS", 0x517B: "SMB", 0xFE534D42: "SMB", 0x65735546: "FUSE", 0x01021997: "9P",
	0x5346414F: "AFS", 0x6B414653: "AFS", 0x00C36400: "Ceph", 0x01161970: "GFS2", 0x7461636F: "OCFS2", 0x0BD00BD0: "Lustre",
}

// fleeting are those that do not outlive the machine, or the container.
var fleeting = map[uint32]string{
	0x01021994: "in memory (tmpfs): it is gone when the machine restarts",
	0x858458F6: "in memory (ramfs): it is gone when the machine restarts",
	0x794C7630: "in a container's own layer (overlay): it is gone when the container is replaced",
}

// store looks at where the state is kept: in a cluster, see there, or in a file. It makes
// no file, and opens none for longer than a look: the lock is another file handle's.
func store(ctx context.Context, f *facts) []Finding {
	if f.Config.InCluster() {
		return cluster(ctx, f)
	}
	path, err := f.Config.StatePath()
	if err != nil {
		return []Finding{fail("Set STATE_URL as in bolt:///var/lib/latchkey/latchkey.db.", "STATE_URL %v.", err)}
	}
	folder := filepath.Dir(path)
	const elsewhere = "Set STATE_URL to a folder on a disk of this machine."
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{fail("Make it, for the user that bot serve runs as: mkdir -p "+folder+".", "The folder %s is not there.", folder)}
	case err != nil || !info.IsDir():
		return []Finding{fail(elsewhere, "%s is no folder that can be looked into.", folder)}
	case !writable(folder):
		return []Finding{fail("Give it to the user that bot serve runs as, and run bot doctor as that user: chown.", "The folder %s cannot be written to by this user.", folder)}
	}
	info, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil || !info.Mode().IsRegular():
		return []Finding{fail(elsewhere, "%s is no file.", path)}
	case !writable(path):
		return []Finding{fail("Give it to the user that bot serve runs as, and run bot doctor as that user: chown.", "The file %s cannot be written to by this user.", path)}
	case info.Mode().Perm()&0o077 != 0:
		return []Finding{warn("chmod 600 "+path+".", "Other users of this machine may read %s, which has who had access when.", path)}
	}
	return []Finding{disk(f, folder)}
}

func disk(f *facts, folder string) Finding {
	magic, err := f.Disk(folder)
	if err != nil {
		return notKnown("Make sure that it is a disk of this machine and no network share.", "What kind of file system %s is on cannot be told here.", folder)
	}
	if kind, is := remote[magic]; is {
		return fail("Set STATE_URL to a folder on a disk of this machine: the lock and the durability of the file depend on it.", "%s is on a network file system, or one that may be (%s).", folder, kind)
	}
	if where, is := fleeting[magic]; is {
		return warn("Set STATE_URL to a folder on a disk or on a volume that stays.", "%s is %s.", folder, where)
	}
	return good("%s can be written to and is on a local file system.", folder)
}
