package lang_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// translators are the functions that say a sentence in a customer's language, by name,
// and which of their parameters is the sentence. A new one that hands its own
// parameter on belongs here.
var translators = map[string]int{
	"Say":          0,
	"saying":       0,
	"RefuseAnyone": 1,
	"refuseAnyone": 3,
}

// said finds every sentence that the program says in the languages of customers, and
// where it says it first.
func said(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	packages := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case d != nil && d.IsDir() && d.Name() == "sandbox": // a world around the program
			return fs.SkipDir
		case err != nil || d.IsDir():
		case filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go"):
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	inTable(t, "../roles/described.tsv", 2, found)
	inTable(t, "../roles/tasks.tsv", 0, found)
	for _, files := range packages {
		inPackage(t, files, found)
	}
	return found
}

// inTable finds the sentences in a column of a table; "=" there begins another part of it.
func inTable(t *testing.T, path string, column int, found map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if f := strings.Split(line, "\t"); len(f) > column && len(f[column]) > 1 && !strings.HasPrefix(line, "#") {
			found[f[column]] = strings.TrimPrefix(path, "../")
		}
	}
}

// inPackage looks at each call of a translator. Constants are worked out; what other
// packages declare is not needed for that, so nothing is imported.
func inPackage(t *testing.T, files []string, found map[string]string) {
	t.Helper()
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, f := range files {
		file, err := parser.ParseFile(set, f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	config.Check("p", set, parsed, info) //nolint:errcheck // of course it lacks its imports
	for _, file := range parsed {
		within := ""
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				within = n.Name.Name
			case *ast.CallExpr:
				at, ok := translators[called(n)]
				if !ok || len(n.Args) <= at {
					return true
				}
				value := info.Types[n.Args[at]].Value
				_, translates := translators[within]
				switch {
				case value != nil && value.Kind() == constant.String:
					if s := constant.StringVal(value); found[s] == "" {
						found[s] = strings.TrimPrefix(set.Position(n.Pos()).String(), "../")
					}
				case !translates && within != "Sentence" && within != "RefuseAnyone":
					t.Errorf("%s: the sentence must be a constant", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// nothing imports nothing.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, fs.ErrNotExist }

func called(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}
