package boltstore_test
import ("testing";"path/filepath";"fmt";"sync"; bolt "go.etcd.io/bbolt")
func BenchmarkRaw(b *testing.B){ for _, n := range []int{1,32} { b.Run(fmt.Sprint(n), func(b *testing.B){
 db,err:=bolt.Open(filepath.Join(b.TempDir(),"s.db"),0o600,&bolt.Options{FreelistType:bolt.FreelistMapType,InitialMmapSize:256<<20}); if err!=nil{b.Fatal(err)}; defer db.Close()
 db.Update(func(tx *bolt.Tx) error{_,e:=tx.CreateBucket([]byte("s"));return e})
 v:=make([]byte,500); next:=make(chan int); var all sync.WaitGroup
 for range n { all.Go(func(){ for i:=range next { db.Update(func(tx *bolt.Tx) error{ return tx.Bucket([]byte("s")).Put([]byte(fmt.Sprintf("key/%06d",i%10000)),v)})}})}
 for i:=0;b.Loop();i++{next<-i}; close(next); all.Wait() }) } }
