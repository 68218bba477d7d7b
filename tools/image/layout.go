package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// index is what a layout has at its top: the one image of the release, under its version,
// which is an index itself. Whatever loads it picks what is for its machine.
func (o order) index(dockerfile string) (v1.ImageIndex, error) {
	image, err := o.allPlatforms(dockerfile)
	if err != nil {
		return nil, err
	}
	top := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	return mutate.AppendManifests(top, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
		MediaType: types.OCIImageIndex, Annotations: map[string]string{
			"org.opencontainers.image.ref.name": "latchkey:" + o.version,
			"io.containerd.image.name":          "docker.io/library/latchkey:" + o.version, // by which Docker knows it
		},
	}}), nil
}

func (o order) allPlatforms(dockerfile string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range o.platforms {
		r, err := parse(dockerfile, arch)
		if err != nil {
			return nil, err
		}
		image, err := o.image(r, arch)
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
			MediaType: types.OCIManifestSchema1,
			Platform:  &v1.Platform{OS: "linux", Architecture: arch},
		}})
	}
	return index, nil
}

func (o order) image(r recipe, arch string) (v1.Image, error) {
	content, err := o.layer(r)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{
		Created: v1.Time{Time: o.created}, CreatedBy: "make release",
	}})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", arch, v1.Time{Time: o.created}
	config.Config = v1.Config{
		Entrypoint: r.entry, Cmd: r.cmd, Env: r.env, User: r.user, WorkingDir: r.workDir, ExposedPorts: map[string]struct{}{},
		Labels: map[string]string{
			"org.opencontainers.image.title": "latchkey", "org.opencontainers.image.version": o.version,
			"org.opencontainers.image.revision": o.revision,
		},
	}
	for _, p := range r.ports {
		config.Config.ExposedPorts[p+"/tcp"] = struct{}{}
	}
	return mutate.ConfigFile(image, config)
}

// layer is the tar of the image's files. Those of the context are root's and can be run by
// everybody; folders are of whom the recipe says.
func (o order) layer(r recipe) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	folders := map[string]string{}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(r.files)), slices.Collect(maps.Keys(r.folders))) {
		for d := path.Dir(name); d != "/"; d = path.Dir(d) {
			folders[d] = ""
		}
	}
	maps.Copy(folders, r.folders)
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		uid, gid, err := owner(folders[name])
		if err != nil {
			return nil, err
		}
		h := &tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(name, "/") + "/", Mode: 0o755, Uid: uid, Gid: gid, ModTime: o.created}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		body, err := os.ReadFile(filepath.Join(o.context, r.files[name]))
		if err != nil {
			return nil, err
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(name, "/"), Mode: 0o755, Size: int64(len(body)), ModTime: o.created}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(body); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

// owner reads "65532:65532". Nobody is root; names are not known in an image without
// /etc/passwd.
func owner(user string) (uid, gid int, err error) {
	u, g, _ := strings.Cut(cmp.Or(user, "0:0"), ":")
	if uid, err = strconv.Atoi(u); err == nil {
		gid, err = strconv.Atoi(g)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("the user %q is not given as two numbers", user)
	}
	return uid, gid, nil
}

func write(dir string, index v1.ImageIndex) error {
	_, err := layout.Write(dir, index)
	return err
}

// pack puts a folder into a tar file, the same whoever does it and when.
func pack(dir, out string) error {
	f, err := os.CreateTemp(filepath.Dir(out), ".image-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is not there any more, or of no use
	defer f.Close()           //nolint:errcheck // closed below where it matters
	w := tar.NewWriter(f)
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		h := &tar.Header{Typeflag: tar.TypeDir, Name: filepath.ToSlash(name) + "/", Mode: 0o755, ModTime: time.Unix(0, 0)}
		if d.IsDir() {
			return w.WriteHeader(h)
		}
		body, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		h.Typeflag, h.Name, h.Mode, h.Size = tar.TypeReg, filepath.ToSlash(name), 0o644, int64(len(body))
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}
